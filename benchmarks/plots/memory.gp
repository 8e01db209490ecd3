# What a guest costs: its own memory, the hypervisor's and Dom0's share, as bars on top of each other.
set title "Memory of one guest, all included"
set ylabel "KiB"
set style data histograms
set style histogram rowstacked
set style fill pattern border lc rgb "#202020"
set boxwidth 0.6
set yrange [0:*]
set xtics rotate by -30 font ",11"
set key inside top left vertical
plot table("given") using 2:xtic(1) title "the guest's own" lc 3 fs pattern 4, \
     table("hypervisor") using 2 title "Xen, for it" lc 2 fs pattern 1, \
     table("dom0") using 2 title "Dom0, for it" lc 1 fs pattern 3, \
     table("total") using 0:2:2 with labels offset 0,0.7 font ",11" notitle
