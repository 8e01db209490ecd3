# The same over the rate of arrival.
set title "Just in time: the wait for an answer, by new addresses a second"
set xlabel "new addresses a second"
set ylabel "time to the answer, ms"
set logscale xy
set xrange [8:500]
set xtics (10, 25, 50, 100, 200, 400)
set arrow 1 from graph 0, first unit_ns/1e6 to graph 1, first unit_ns/1e6 nohead dt 2 lw 1.5 lc rgb "#404040"
plot table("no-pool-90") using 1:2 with linespoints lt 2 title "no pool, 90 %", \
     table("no-pool-median") using 1:2 with linespoints lt 1 title "no pool, median", \
     table("pool-90") using 1:2 with linespoints lt 4 title "pool, 90 %", \
     table("pool-median") using 1:2 with linespoints lt 3 title "pool, median", \
     keyentry with lines dt 2 lw 1.5 lc rgb "#404040" title "fork+exec"
