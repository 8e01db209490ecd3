# Looks that all plots share. Each line type has a dash and a mark of its own: they can be told apart without colour.
# Set before: picture (file, .svg or .png), versions, unit_ns, tsv (folder of tables).
set encoding utf8
if (picture[strlen(picture)-2:*] eq "svg") {
    set terminal svg size 800,500 dynamic enhanced font "sans-serif,14" background "#ffffff"
} else {
    set terminal pngcairo size 1200,750 enhanced font "DejaVu Sans,15" background "#ffffff"
}
set output picture
# Okabe and Ito's colours, in an order whose brightness differs from neighbour to neighbour.
set linetype 1 lw 2 dt 1           pt 4  ps 0.9 lc rgb "#000000"
set linetype 2 lw 2 dt (12,6)      pt 7  ps 0.9 lc rgb "#d55e00"
set linetype 3 lw 2 dt (3,4)       pt 9  ps 0.9 lc rgb "#0072b2"
set linetype 4 lw 2 dt (12,5,3,5)  pt 12 ps 0.9 lc rgb "#009e73"
set linetype 5 lw 2 dt (20,6)      pt 5  ps 0.9 lc rgb "#cc79a7"
set linetype 6 lw 2 dt (3,8)       pt 11 ps 0.9 lc rgb "#e69f00"
set linetype 7 lw 2 dt (16,4,4,4,4,4) pt 6 ps 0.9 lc rgb "#56b4e9"
set linetype 8 lw 2 dt (8,8)       pt 8  ps 0.9 lc rgb "#7f7f7f"
set linetype 9 lw 2 dt (3,3,3,8)   pt 13 ps 1.1 lc rgb "#882255"
set linetype 10 lw 2 dt (10,4)     pt 10 ps 1.0 lc rgb "#999933"
set linetype 11 lw 2 dt (2,3,10,3) pt 14 ps 1.0 lc rgb "#44aa99"
set linetype 12 lw 2 dt (5,2)      pt 15 ps 1.0 lc rgb "#332288"
set linetype cycle 12
set border 3 lw 1.2 lc rgb "#404040"
set tics nomirror out textcolor rgb "#202020"
set grid lw 0.8 dt 1 lc rgb "#d8d8d8"
set key outside right top vertical Left reverse samplen 4 spacing 1.25
set title font ",17" offset 0,0.3
set label 1000 versions at screen 0.995,0.012 right font ",9" textcolor rgb "#707070" noenhanced
# How often a series of n points carries its mark: about twelve times.
marks(n) = n > 24 ? n / 12 : 1
table(name) = tsv."/".name.".tsv"
has(name) = int(system("test -s '".table(name)."' && echo 1 || echo 0"))
