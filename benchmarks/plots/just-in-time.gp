# How long clients wait for an answer of a VM that does not exist yet: distributions.
set title "Just in time: from the first packet for an address to its VM's answer"
set xlabel "time to the answer, ms"
set ylabel "share of clients"
set logscale x
set xrange [0.4:*] noextend
set xtics (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
set yrange [0:1]
set key bottom right
# A quick run has not all of them.
shown = ""
do for [way in "pool no-pool"] {
    do for [rate in "25 100 200 400"] {
        if (has(way."-".rate."-a-second")) { shown = shown." ".way.",".rate }
    }
}
comma(name) = strstrt(name, ",")
way(name) = name[1:comma(name)-1]
rate(name) = name[comma(name)+1:*]
plot for [i = 1:words(shown)] table(way(word(shown, i))."-".rate(word(shown, i))."-a-second") using 1:2 \
         with linespoints lt i pi -30 \
         title (way(word(shown, i)) eq "pool" ? "pool, " : "no pool, ").rate(word(shown, i))." a second"
