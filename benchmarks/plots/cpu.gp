# The idle cost of many guests, as instructions a second. What it is without any is Dom0's line.
set title "CPU used by guests that do nothing"
set xlabel "guests"
set ylabel "instructions a second"
set logscale xy
set format y "10^{%T}"
set xrange [8:1200]
plot table("daytime-pv")  using 1:2 with linespoints ls 2 title "daytime PV", \
     table("tinyx-pv-nginx")  using 1:2 with linespoints ls 6 title "Tinyx PV, nginx", \
     table("tinyx-pvh-nginx") using 1:2 with linespoints ls 7 title "Tinyx PVH, nginx", \
     table("noop-pv")     using 1:2 with linespoints ls 3 title "noop PV", \
     table("noop-pvh")    using 1:2 with linespoints ls 4 title "noop PVH", \
     table("xl-noop-pv")  using 1:2 with linespoints ls 5 title "xl, noop PV", \
     table("dom0-alone")  using 1:2 with lines ls 8 title "Dom0 alone"
