# The time of each creation and of each end, up to thousands of guests.
set title "Thousands of guests: the time of each creation and of each end"
set xlabel "guests running"
set ylabel "fork+exec of a static binary = 1"
set logscale y
set xrange [0:*]
set yrange [0.05:*]
set format y "%g"
plot table("small-create")    using 1:2 with linespoints ls 1 pi marks(400) title "256 KiB, create", \
     table("small-destroy")   using 1:2 with linespoints ls 2 pi marks(400) title "256 KiB, destroy", \
     table("daytime-create")  using 1:2 with linespoints ls 3 pi marks(400) title "daytime, create", \
     table("daytime-destroy") using 1:2 with linespoints ls 4 pi marks(400) title "daytime, destroy"
