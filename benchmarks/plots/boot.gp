# From the call to a guest that is up and serves: a cluster of bars a kind.
set title "From the call that creates it to up, and to the first answer"
set ylabel "ms"
set logscale y
set yrange [0.05:*]
set format y "%g"
set style data histograms
set style histogram clustered gap 1
set style fill pattern border lc rgb "#202020"
set boxwidth 0.9
set rmargin 8
set xtics rotate by -30 font ",11"
set key inside top left vertical
set arrow 1 from graph 0, first unit_ns/1e6 to graph 1, first unit_ns/1e6 nohead dt 2 lw 1.5 lc rgb "#404040" front
plot table("created") using 2:xtic(1) title "created: the call returned" lc 1 fs pattern 3, \
     table("up") using 2 title "up: its first word was read" lc 2 fs pattern 1, \
     table("serves") using 2 title "serves: its first answer came" lc 3 fs pattern 4, \
     table("ended") using 2 title "ended" lc 8 fs pattern 2, \
     keyentry with lines dt 2 lw 1.5 lc rgb "#404040" title "fork+exec of a static binary"
