# What an interface and a disk carry, by noxs and by XenStore.
set title "Interface and disk of a Linux guest, one CPU for all"
set ylabel "MiB a second of deterministic time"
set yrange [0:*]
set style data histograms
set style histogram clustered gap 1.5
set style fill pattern border lc rgb "#202020"
set boxwidth 0.9
set xtics rotate by -25
set bmargin 8
set key at screen 0.5,0.07 center bottom horizontal
if (has("pvh-noxs")) {
    plot table("pv-xenstore") using 2:xtic(1) title "PV, XenStore" lc 1 fs pattern 3, \
         table("pv-noxs") using 2 title "PV, noxs" lc 2 fs pattern 1, \
         table("pvh-xenstore") using 2 title "PVH, XenStore" lc 3 fs pattern 4, \
         table("pvh-noxs") using 2 title "PVH, noxs" lc 4 fs pattern 5
} else {
    plot table("pv-xenstore") using 2:xtic(1) title "PV, XenStore" lc 1 fs pattern 3, \
         table("pv-noxs") using 2 title "PV, noxs" lc 2 fs pattern 1
}
