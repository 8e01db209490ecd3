# The time of each creation over the guests that run.
set title "Creating a guest beside those that run"
set xlabel "guests running"
set ylabel "fork+exec of a static binary = 1"
set logscale xy
set xrange [1:1100]
set yrange [0.03:5000]
set format y "%g"
# A series' table, its title and its line type. Each has its mark at these counts, which are even steps on the axis.
series = "xl-vif xl-noop chaos-xenstore-c-vif chaos-xenstore-ocaml-vif chaos-pool-xenstore-ocaml-vif chaos-tinyx chaos-daytime chaos-pool-daytime chaos-warm-pool-daytime chaos-noop chaos-pool-noop chaos-warm-pool-noop"
titles = "'xl, vif' 'xl, noop' 'chaos, XenStore (C), vif' 'chaos, XenStore (OCaml), vif' 'chaos + pool, XenStore (OCaml), vif' 'chaos, Tinyx' 'chaos, daytime' 'chaos + pool, daytime' 'chaos + warm pool, daytime' 'chaos, noop' 'chaos + pool, noop' 'chaos + warm pool, noop'"
types  = "1 8 10 11 12 9 2 3 4 5 6 7"
marked(x) = strstrt(" 1 2 5 10 20 50 100 200 500 1000 ", sprintf(" %d ", x)) > 0
plot table("paper-xl")          using 1:2 with points pt 4 ps 1.6 lc rgb "#808080" title "paper: xl", \
     table("paper-chaos-xs")    using 1:2 with points pt 10 ps 1.6 lc rgb "#808080" title "paper: chaos [XS]", \
     table("paper-noxs")        using 1:2 with points pt 6 ps 1.6 lc rgb "#808080" title "paper: noxs", \
     table("paper-noxs-pool")   using 1:2 with points pt 8 ps 1.6 lc rgb "#808080" title "paper: noxs + pool", \
     for [i = 1:words(series)] table(word(series, i)) using 1:2 with lines ls int(word(types, i)) notitle, \
     for [i = 1:words(series)] table(word(series, i)) using 1:(marked($1) ? $2 : NaN) with points ls int(word(types, i)) notitle, \
     for [i = 1:words(series)] keyentry with linespoints ls int(word(types, i)) title word(titles, i)
