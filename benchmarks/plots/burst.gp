# Each creation of a burst, in order.
set title "200 creations without a pause, from a pool of 100 that refills"
set xlabel "creation"
set ylabel "fork+exec of a static binary = 1"
set yrange [0:*]
plot table("creations") using 1:2 with points pt 7 ps 0.5 lc 3 notitle
