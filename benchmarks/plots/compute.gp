# How many jobs are done in a second, by what came in.
set title "Compute service: how long a job of 2000 digits of e takes"
set xlabel "jobs that come in a second"
set ylabel "time from coming in to the result, ms"
set logscale y
set xrange [0:*]
plot table("process-99") using 1:2 with linespoints lt 2 title "process, 99 %", \
     table("process-median") using 1:2 with linespoints lt 1 title "process, median", \
     table("vm-99") using 1:2 with linespoints lt 4 title "VM, 99 %", \
     table("vm-median") using 1:2 with linespoints lt 3 title "VM, median", \
     table("vm-pool-99") using 1:2 with linespoints lt 6 title "VM, pool, 99 %", \
     table("vm-pool-median") using 1:2 with linespoints lt 5 title "VM, pool, median"
