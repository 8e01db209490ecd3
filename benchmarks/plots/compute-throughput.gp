set title "Compute service: jobs done, by jobs that come in (2000 digits of e)"
set xlabel "jobs that come in a second"
set ylabel "jobs done a second"
set xrange [0:*]
set yrange [0:*]
plot x with lines lt 8 title "all of them", \
     table("vm-pool-done") using 1:2 with linespoints lt 3 title "VM, pool", \
     table("vm-done") using 1:2 with linespoints lt 2 title "VM", \
     table("process-done") using 1:2 with linespoints lt 1 title "process"
