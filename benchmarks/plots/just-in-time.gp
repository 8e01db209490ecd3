# How long clients wait for an answer of a VM that does not exist yet: distributions.
set title "Just in time: from the first packet for an address to its VM's answer"
set xlabel "time to the answer, ms"
set ylabel "share of clients"
set logscale x
set xrange [0.4:*]
set yrange [0:1]
set key bottom right
rates = "10 25 50 100 200 400"
series(way, rate) = way."-".rate."-a-second"
shown(way, rate) = has(series(way, rate)) && (rate eq "25" || rate eq "100" || rate eq "200" || rate eq "400")
plot for [rate in rates] (shown("pool", rate) ? table(series("pool", rate)) : "/dev/null") using 1:2 \
         with linespoints lt (rate < 30 ? 1 : rate < 150 ? 2 : rate < 250 ? 3 : 4) pi -30 \
         title shown("pool", rate) ? "pool, ".rate." a second" : "", \
     for [rate in rates] (shown("no-pool", rate) ? table(series("no-pool", rate)) : "/dev/null") using 1:2 \
         with linespoints lt (rate < 30 ? 5 : rate < 150 ? 6 : rate < 250 ? 7 : 8) pi -30 \
         title shown("no-pool", rate) ? "no pool, ".rate." a second" : ""
