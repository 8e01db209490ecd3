set title "Compute service as fast as it goes: three sizes of job, 8 at once"
set ylabel "jobs done a second"
set logscale y
set yrange [10:3000]
set style data histograms
set style histogram clustered gap 1.5
set style fill pattern border lc rgb "#202020"
set boxwidth 0.9
plot table("process-as-fast-as-it-goes") using 2:xtic(1) title "process" lc 1 fs pattern 3, \
     table("vm-as-fast-as-it-goes") using 2 title "VM" lc 2 fs pattern 1, \
     table("vm-pool-as-fast-as-it-goes") using 2 title "VM, pool" lc 3 fs pattern 4
