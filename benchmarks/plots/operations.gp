# One creation of each kind of guest, by each way.
set title "Creating and destroying one guest"
set ylabel "fork+exec of a static binary = 1"
set logscale y
set yrange [0.03:300]
set style data histograms
set style histogram clustered gap 1.5
set style fill pattern border lc rgb "#202020"
set boxwidth 0.9
set key outside bottom center horizontal
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead dt 2 lw 1.5 lc rgb "#404040" front
plot table("xl") using 2:xtic(1) title "xl create" lc 1 fs pattern 3, \
     table("chaos") using 2 title "chaos" lc 2 fs pattern 1, \
     table("chaos-pool") using 2 title "chaos, pool" lc 3 fs pattern 4, \
     table("chaos-warm-pool") using 2 title "chaos, warm pool" lc 4 fs pattern 5, \
     table("chaos-destroy") using 2 title "chaos, destroy" lc 6 fs pattern 2, \
     table("chaos-stock-xen") using 2 title "chaos, stock Xen" lc 5 fs pattern 6, \
     table("chaos-xenstore-ocaml") using 2 title "chaos, XenStore (OCaml)" lc 7 fs pattern 7, \
     table("chaos-xenstore-ocaml-pool") using 2 title "chaos, XenStore (OCaml), pool" lc 8 fs pattern 2
