# From the call to the first answered ping, by steps.
set title "Daytime guest: from the call to the first answered ping"
set ylabel "µs of deterministic time"
set y2label "fork+exec of a static binary = 1"
set yrange [0:*]
set y2tics 0.25 format "%.2f"
set offsets 0, 0, 150, 0
set link y2 via y * 1000 / unit_ns inverse y * unit_ns / 1000
set style data histograms
set style histogram rowstacked
set style fill pattern border lc rgb "#202020"
set boxwidth 0.7
set key outside bottom center horizontal
plot table("creation") using 2:xtic(1) title "creation" lc 2 fs pattern 1, \
     table("boot-device-first-frame") using 2 title "boot, device, first frame" lc 3 fs pattern 4, \
     table("ping") using 2 title "ping" lc 6 fs pattern 2
