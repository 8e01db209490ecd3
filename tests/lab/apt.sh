# shellcheck shell=bash
# Debian packages without installing them: a private apt configuration (the user's own sources and
# package state are neither used nor changed), versions pinned by sources.lock, contents unpacked
# into the cache. Sourced after cache.sh.

LOCK_FILE=$LAB_DIR/sources.lock
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
export LOCK_FILE KEYRING

# mirror_of main|security: the URL that this machine's apt fetches Debian from, whatever its release: a mirror has them
# all. One of Debian 12 itself comes first.
mirror_of() {
    local found
    # shellcheck disable=SC2016 # apt expands these
    found=$(apt-get indextargets --format '$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(ORIGIN)' |
        awk -F '|' '$4 == "Debian"' | mirror_among "$1")
    # Of a repository whose index was not fetched yet apt knows what its sources say.
    # shellcheck disable=SC2016
    [ -n "$found" ] || found=$(apt-get indextargets --no-release-info --format '$(RELEASE)|$(COMPONENT)|$(REPO_URI)' |
        awk -F '|' -v own="$(sed -n 's/^VERSION_CODENAME=//p' "${OS_RELEASE:-/etc/os-release}")" '
            $1 ~ ("^(" own "|bookworm|(old)*stable)(-|$)") && $3 ~ /\/debian(-security)?\/?$/' | mirror_among "$1")
    printf '%s\n' "$found"
}

# mirror_among main|security: of lines "SUITE|COMPONENT|URL...".
mirror_among() {
    awk -F '|' -v part="$1" '
        $2 == "main" && $3 !~ /^cdrom:/ && $1 ~ (part == "main" ? "^[a-z]+$" : "^[a-z]+-security$") {
            any = any ? any : $3
            if ($1 ~ /^bookworm/ && !best) best = $3
        }
        END { print best ? best : any }'
}

# apt_setup: writes the private configuration once per mirror and lab version; sets APT_DIR.
apt_setup() {
    [ -z "${APT_DIR:-}" ] || return 0
    local main=${CHAOS_DEBIAN_MIRROR:-} security=${CHAOS_DEBIAN_SECURITY_MIRROR:-}
    [ -n "$main" ] || main=$(mirror_of main)
    [ -n "$security" ] || security=$(mirror_of security)
    [ -n "$main" ] ||
        die "apt's sources name no mirror of Debian: set CHAOS_DEBIAN_MIRROR=URL (one that has Debian 12, bookworm)"
    APT_DIR="$CACHE_DIR/apt-$(hash_of 3 "$main" "$security")"
    export APT_DIR
    [ ! -f "$APT_DIR/apt.conf" ] || return 0
    mkdir -p "$APT_DIR"/{lists/partial,archives/partial,preferences.d,parts}
    : >"$APT_DIR/status"
    {
        echo "deb [signed-by=$KEYRING] $main bookworm main"
        echo "deb-src [signed-by=$KEYRING] $main bookworm main"
        [ -z "$security" ] || echo "deb [signed-by=$KEYRING] $security bookworm-security main"
    } >"$APT_DIR/sources.list"
    # The user's apt.conf.d stays in force (proxies, certificates); its hooks do not.
    cat >"$APT_DIR/apt.conf.new" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "$APT_DIR";
Dir::State::lists "$APT_DIR/lists";
Dir::State::status "$APT_DIR/status";
Dir::Cache "$APT_DIR";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Cache::archives "$APT_DIR/archives";
Dir::Etc::sourcelist "$APT_DIR/sources.list";
Dir::Etc::sourceparts "$APT_DIR/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$APT_DIR/preferences.d";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "$(id -un)";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    mv "$APT_DIR/apt.conf.new" "$APT_DIR/apt.conf"
}

apt_private() {
    local tool=$1
    shift
    LC_ALL=C "$tool" -q -c "$APT_DIR/apt.conf" "$@"
}

# apt_update [force]: fetches the private package index, unless one is there already.
apt_update() {
    apt_setup
    if [ -f "$APT_DIR/updated" ] && [ "${1:-}" != force ]; then
        return 0
    fi
    note "fetching Debian's package index"
    apt_private apt-get update >"$APT_DIR/update.log" 2>&1 || {
        tail -n 10 "$APT_DIR/update.log" >&2
        die "fetching the package index of Debian 12 failed (CHAOS_DEBIAN_MIRROR=URL names another mirror)"
    }
    touch "$APT_DIR/updated"
}

# locked PACKAGE: "kind package version sha256" of the lock file.
locked() {
    awk -v name="$1" '$1 !~ /^#/ && $2 == name {print; found = 1} END {exit !found}' "$LOCK_FILE" ||
        die "$1: not in $(basename "$LOCK_FILE")"
}

# newest_of PACKAGE VERSION: the newest version of the same series (its first two numbers).
newest_of() {
    local series
    series=$(sed -E 's/^([0-9]+:)?([0-9]+\.[0-9]+).*/\2/' <<<"$2")
    apt_private apt-cache madison "$1" 2>/dev/null | grep -v Sources | awk '{print $3}' |
        awk -v s="$series" '{v = $0; sub(/^[0-9]+:/, "", v)} index(v, s) == 1 && !n++'
}

# kernel_successor PACKAGE: Debian puts the kernel's ABI number into package names, so a locked
# kernel that has left the archive goes on under another name.
kernel_successor() {
    local abi
    abi=$(apt_private apt-cache pkgnames linux-image-6.1.0- | grep -E '^linux-image-6\.1\.0-[0-9]+-amd64$' |
        sort -V | tail -n 1 | cut -d - -f 3-4)
    sed -E "s/6\.1\.0-[0-9]+/$abi/" <<<"$1"
}

# prefetch PACKAGE...: downloads in one go those that are not unpacked yet, for package_dir to find. One that
# does not come, or is not the right one, is left to fetch_deb, which says so.
prefetch() {
    local name row want=() file
    for name in "$@"; do
        row=$(locked "$name")
        # shellcheck disable=SC2086
        set -- $row
        [ -d "$CACHE_DIR/package/$2-$(hash_of "$row")" ] || want+=("$2=$3")
    done
    [ ${#want[@]} -gt 1 ] || return 0
    note "fetching ${#want[@]} packages"
    apt_update
    mkdir -p "$CACHE_DIR/debs" .fetch
    (cd .fetch && apt_private apt-get download "${want[@]}") || true
    for file in .fetch/*.deb; do
        [ ! -f "$file" ] || mv "$file" "$CACHE_DIR/debs/$(sha256sum <"$file" | cut -d ' ' -f 1).deb"
    done
    rm -r .fetch
}

# fetch_deb PACKAGE VERSION SHA256 DIR: leaves the verified package file in DIR.
fetch_deb() {
    local name=$1 version=$2 sha=$3 file
    cd "$4" || exit
    if mv "$CACHE_DIR/debs/$sha.deb" . 2>/dev/null; then
        sha256sum --quiet -c - <<<"$sha  $sha.deb" && return 0
        rm "$sha.deb"
    fi
    note "fetching $name $version"
    apt_update
    if apt_private apt-get download "$name=$version"; then
        file=$(ls ./*.deb)
        sha256sum --quiet -c - <<<"$sha  $file" || die "$name $version: not the file that sources.lock names"
        return 0
    fi
    apt_update force
    local next=$name newest
    if ! apt_private apt-cache show "$name" >/dev/null 2>&1 && [[ $name == linux-* ]]; then
        next=$(kernel_successor "$name")
    fi
    newest=$(newest_of "$next" "$version")
    [ -n "$newest" ] || die "$name $version: gone from Debian's archive, and so is its series"
    note "notice: $name $version has left the archive, taking $next $newest"
    apt_private apt-get download "$next=$newest"
}

unpack_deb() {
    local kind name version sha
    read -r kind name version sha < <(locked "$1")
    [ "$kind" = deb ] || die "$1: is no binary package in sources.lock"
    mkdir .fetch
    (fetch_deb "$name" "$version" "$sha" .fetch)
    dpkg-deb -x .fetch/*.deb .
    rm -r .fetch
}

unpack_source() {
    local kind name version sha
    read -r kind name version sha < <(locked "$1")
    [ "$kind" = src ] || die "$1: is no source package in sources.lock"
    note "fetching the source of $name $version"
    apt_update
    mkdir .fetch
    (
        cd .fetch || exit
        if ! apt_private apt-get source --download-only "$name=$version"; then
            apt_update force
            version=$(apt_private apt-cache madison "$name" | awk '/Sources/ {print $3}' |
                awk -v major="${version%%.*}." 'index($0, major) == 1 && !n++')
            [ -n "$version" ] || die "source of $name: gone from Debian's archive"
            note "notice: the locked source of $name has left the archive, taking $version"
            apt_private apt-get source --download-only "$name=$version"
        else
            sha256sum --quiet -c - <<<"$sha  $(ls ./*.dsc)" || die "$name: not the source that sources.lock names"
        fi
        # apt has checked every file against the signed index; the .dsc's own signature adds nothing.
        dpkg-source --no-check -x ./*.dsc tree
    )
    find .fetch/tree -mindepth 1 -maxdepth 1 -exec mv -t . {} +
    rm -r .fetch
}

# package_dir PACKAGE: prints the directory with the package's unpacked files.
package_dir() {
    local row
    row=$(locked "$1") || return 1
    # shellcheck disable=SC2086
    set -- "$1" $row
    case $2 in
    src) cache_make "source/$3-$(hash_of "$row")" unpack_source "$1" ;;
    *) cache_make "package/$3-$(hash_of "$row")" unpack_deb "$1" ;;
    esac
}
