# All guests together.
set title "Memory over the number of guests, all included"
set xlabel "guests"
set ylabel "MiB"
set xrange [0:*]
set yrange [0:*]
plot table("tinyx-pv-nginx")    using 1:2 with linespoints ls 9 title "Tinyx PV, nginx, 16 MiB", \
     table("tinyx-pvh-nginx")   using 1:2 with lines ls 9 title "Tinyx PVH, nginx, 16 MiB", \
     table("daytime-pvh-4-mib") using 1:2 with linespoints ls 1 title "daytime PVH, 4 MiB", \
     table("daytime-pv-4-mib")  using 1:2 with linespoints ls 2 title "daytime PV, 4 MiB", \
     table("xl-noop-pv-4-mib")  using 1:2 with linespoints ls 8 title "xl, noop PV, 4 MiB", \
     table("noop-pvh-1-mib")    using 1:2 with linespoints ls 3 title "noop PVH, 1 MiB", \
     table("noop-pv-1-mib")     using 1:2 with linespoints ls 4 title "noop PV, 1 MiB", \
     table("smallest-pvh")      using 1:2 with linespoints ls 5 title "smallest PVH", \
     table("smallest-pv")       using 1:2 with linespoints ls 6 title "smallest PV", \
     table("process")           using 1:2 with linespoints ls 7 title "process"
