# The time of each creation over the guests that run.
set title "Creating a guest beside those that run"
set xlabel "guests running"
set ylabel "fork+exec of a static binary = 1"
set logscale y
set xrange [0:*]
set yrange [0.03:5000]
set format y "%g"
plot table("paper-xl")          using 1:2 with points pt 4 ps 1.6 lc rgb "#808080" title "paper: xl", \
     table("paper-noxs")        using 1:2 with points pt 6 ps 1.6 lc rgb "#808080" title "paper: noxs", \
     table("paper-noxs-pool")   using 1:2 with points pt 8 ps 1.6 lc rgb "#808080" title "paper: noxs + pool", \
     table("xl-vif")            using 1:2 with linespoints ls 1 pi marks(60)  title "xl, vif", \
     table("xl-noop")           using 1:2 with linespoints ls 8 pi marks(150) title "xl, noop", \
     table("chaos-daytime")     using 1:2 with linespoints ls 2 pi marks(400) title "chaos, daytime", \
     table("chaos-pool-daytime") using 1:2 with linespoints ls 3 pi marks(400) title "chaos + pool, daytime", \
     table("chaos-warm-pool-daytime") using 1:2 with linespoints ls 4 pi marks(400) title "chaos + warm pool, daytime", \
     table("chaos-tinyx")       using 1:2 with linespoints ls 7 pi marks(100) title "chaos, Tinyx", \
     table("chaos-noop")        using 1:2 with linespoints ls 5 pi marks(400) title "chaos, noop", \
     table("chaos-pool-noop")   using 1:2 with linespoints ls 6 pi marks(400) title "chaos + pool, noop", \
     table("chaos-warm-pool-noop") using 1:2 with linespoints ls 7 pi marks(400) title "chaos + warm pool, noop"
