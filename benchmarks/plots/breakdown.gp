# Parts of one creation: a cluster of bars a command, since a logarithmic axis cannot stack.
set title "Where the time of one create command goes"
set ylabel "fork+exec of a static binary = 1"
set logscale y
set yrange [0.001:300]
set format y "%g"
set style data histograms
set style histogram clustered gap 1.5
set style fill pattern border lc rgb "#202020"
set boxwidth 0.9
set key outside bottom center horizontal
plot table("parse") using 2:xtic(1) title "parse" lc 1 fs pattern 3, \
     table("hypervisor") using 2 title "hypervisor" lc 2 fs pattern 1, \
     table("registry") using 2 title "device registry" lc 3 fs pattern 4, \
     table("devices") using 2 title "devices" lc 4 fs pattern 5, \
     table("load") using 2 title "load" lc 6 fs pattern 2, \
     table("rest") using 2 title "rest" lc 8 fs pattern 6
