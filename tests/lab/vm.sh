# shellcheck shell=bash
# The lab's virtual machine: QEMU started so that it cannot outlive its script, its monitor, and
# snapshots of a booted Dom0. Sourced after cache.sh.
#
# Set by the caller: MEMORY and DOM0_MEMORY (MiB), CPUS, ICOUNT (0 or 1), MODE (run or shell), XEN (path of
# the hypervisor), QEMU (path of the emulator), DOM0 (directory with vmlinuz and initrd), RUN (directory of this run), LOG (file for the
# console), SHARE (host folder or empty).

PORTS=(ctl out err tty)
SNAPSHOT_LIMIT_MIB=${CHAOS_SNAPSHOT_MIB:-3072}

# vm_machine: sets MACHINE to what the guest can see; a snapshot fits this very machine only.
vm_machine() {
    local xen kernel port dom0_cpus=$((CPUS > 2 ? CPUS - 1 : 1)) nr=1
    xen="dom0_mem=${DOM0_MEMORY}M,max:${DOM0_MEMORY}M dom0_max_vcpus=$dom0_cpus"
    # No scrubbing at boot, or QEMU would have to back all of the memory.
    xen+=" console=com1 com1=115200,8n1 bootscrub=0 loglvl=info guest_loglvl=info"
    xen+=" gnttab_max_frames=1024 gnttab_max_maptrack_frames=8192"
    kernel="console=hvc0 random.trust_cpu=on tsc=reliable panic=-1"
    MACHINE=(-M pc -cpu 'qemu64,+svm,+npt,+rdrand' -m "$MEMORY" -nodefaults -no-user-config -display none -no-reboot)
    # The restored machine runs by itself, although it was saved while stopped.
    MACHINE+=(-global migration.store-global-state=off)
    if [ "$ICOUNT" = 1 ]; then
        MACHINE+=(-accel 'tcg,thread=single' -smp 1 -icount 'shift=0,sleep=off' -rtc 'base=2025-01-01,clock=vm')
    else
        # One thread, and one processor unless asked otherwise: with more the emulated SVM loses a PVH guest now and then
        # (triple faults with Xen's own RIP in the dump, user's GS in the guest's kernel), with one it never did.
        # Two such labs side by side use both processors of the host better, too.
        MACHINE+=(-accel 'tcg,thread=single' -smp "$CPUS")
    fi
    # Relative names: QEMU splits them at commas and blanks, which the cache's path may hold.
    MACHINE+=(-kernel xen -append "$xen" -initrd "vmlinuz $kernel,initrd")
    MACHINE+=(-serial chardev:console -device virtio-serial-pci,max_ports=8)
    for port in "${PORTS[@]}"; do
        MACHINE+=(-device "virtserialport,chardev=$port,name=$port,nr=$nr")
        nr=$((nr + 1))
    done
    for port in src share; do
        MACHINE+=(-device "virtio-9p-pci,fsdev=$port,mount_tag=$port")
    done
}

# vm_prepare: the run's directory holds all that QEMU opens, under plain names.
vm_prepare() {
    local port
    ln -sfn "$XEN" "$RUN/xen"
    ln -sfn "$DOM0/vmlinuz" "$RUN/vmlinuz"
    ln -sfn "$DOM0/initrd" "$RUN/initrd"
    ln -sfn "$REPO_DIR" "$RUN/src"
    mkdir -p "$RUN/empty"
    ln -sfn "${SHARE:-$RUN/empty}" "$RUN/share"
    BACKENDS=(-chardev file,id=console,path=console,append=on)
    BACKENDS+=(-chardev pipe,id=mon,path=mon -mon chardev=mon,mode=readline)
    for port in mon "${PORTS[@]}"; do
        rm -f "$RUN/$port.in" "$RUN/$port.out"
        mkfifo "$RUN/$port.in" "$RUN/$port.out"
        case $port:$MODE in
        mon:*) ;;
        tty:shell) BACKENDS+=(-chardev stdio,id=tty,signal=off) ;;
        tty:*) BACKENDS+=(-chardev null,id=tty) ;;
        *) BACKENDS+=(-chardev "pipe,id=$port,path=$port") ;;
        esac
    done
    BACKENDS+=(-fsdev "local,id=src,path=src/.,security_model=none,readonly=on,multidevs=remap")
    BACKENDS+=(-fsdev "local,id=share,path=share/.,security_model=none,multidevs=remap")
}

# vm_start [ARG...]: starts QEMU with more arguments. Sets VM_PID, STREAM_PIDS, and the descriptors
# CTL_IN, CTL_OUT, MON_IN and MON_OUT.
vm_start() {
    local keep_ctl keep_out keep_err
    vm_prepare
    # A FIFO that is open both ways already can be opened for reading without waiting. QEMU inherits
    # these descriptors and is soon their only holder, so that its end is an end of file for the readers.
    exec {keep_ctl}<>"$RUN/ctl.out" {keep_out}<>"$RUN/out.out" {keep_err}<>"$RUN/err.out"
    exec {CTL_OUT}<"$RUN/ctl.out" {CTL_IN}<>"$RUN/ctl.in" {MON_IN}<>"$RUN/mon.in" {MON_OUT}<>"$RUN/mon.out"
    local quiet=("$CTL_OUT" "$CTL_IN" "$MON_IN" "$MON_OUT" "$RUN_LOCK")
    (
        close_fds "${quiet[@]}" "$keep_ctl" "$keep_out" "$keep_err"
        exec cat <"$RUN/out.out"
    ) &
    STREAM_PIDS=($!)
    (
        close_fds "${quiet[@]}" "$keep_ctl" "$keep_out" "$keep_err"
        exec cat <"$RUN/err.out" >&2
    ) &
    STREAM_PIDS+=($!)
    (
        close_fds "${quiet[@]}"
        cd "$RUN"
        # QEMU dies with this script, even when that is killed with SIGKILL; the inner shell sees to the
        # moment before the kernel knows.
        # shellcheck disable=SC2016
        exec setpriv --pdeathsig KILL bash -c '[ "$PPID" = "$1" ] || exit 1; shift; exec "$@"' - "$$" \
            "$QEMU" "${MACHINE[@]}" "${BACKENDS[@]}" "$@" 2>>qemu.err
    ) <&0 &
    VM_PID=$!
    close_fds "$keep_ctl" "$keep_out" "$keep_err"
}

close_fds() {
    local fd
    for fd in "$@"; do
        exec {fd}>&-
    done
}

# vm_stop [drain]: ends QEMU by its own pid; drain waits until all that it wrote has been passed on.
vm_stop() {
    [ -n "${VM_PID:-}" ] || return 0
    kill -KILL "$VM_PID" 2>/dev/null || true
    wait "$VM_PID" 2>/dev/null || true
    if [ "${1:-}" != drain ]; then
        kill "${STREAM_PIDS[@]}" 2>/dev/null || true
    fi
    wait "${STREAM_PIDS[@]}" 2>/dev/null || true
    close_fds "$CTL_OUT" "$CTL_IN" "$MON_IN" "$MON_OUT"
    VM_PID=
}

# vm_answer SECONDS: the agent's next line in ANSWER. Fails with 1 where QEMU has ended, else 124.
vm_answer() {
    local status=0
    IFS= read -r -t "$1" -u "$CTL_OUT" ANSWER || status=$?
    [ "$status" -le 128 ] || return 124
    return "$status"
}

# vm_request WORD...: tells the agent what to run.
vm_request() {
    printf '%s\0' "$@" >"$RUN/request"
    { stat -L -c %s "$RUN/request" && cat "$RUN/request"; } >&"$CTL_IN"
}

snapshot_file() {
    local xen
    xen=$(sha256sum <"$XEN")
    printf '%s/snapshots/%s\n' "$CACHE_DIR" \
        "$(hash_of "${MACHINE[*]}" "$xen" "$DOM0" "$QEMU")"
}

# snapshot_save FILE: saves the machine and lets it go on. Failing is no harm: the next run boots.
snapshot_save() {
    local file=$1 tmp line deadline=$((SECONDS + 120))
    mkdir -p "$CACHE_DIR/snapshots"
    tmp=$RUN/state
    printf 'stop\nmigrate "exec:zstd -q -1 -T1 --check > state"\ninfo migrate\n' >&"$MON_IN"
    while [ $SECONDS -lt $deadline ] && kill -0 "$VM_PID" 2>/dev/null; do
        IFS= read -r -t 5 -u "$MON_OUT" line || continue
        case $line in
        *'Migration status: completed'*)
            cp "$LOG" "$file.console"
            mv "$tmp" "$file"
            break
            ;;
        *'Migration status: '*)
            note "no snapshot: $line"
            break
            ;;
        esac
    done
    printf 'cont\n' >&"$MON_IN"
    snapshots_trim
}

# snapshots_trim: the least recently used go when all together are too large.
snapshots_trim() {
    local file size sum=0
    while IFS=' ' read -r _ size file; do
        sum=$((sum + size))
        [ "$sum" -le $((SNAPSHOT_LIMIT_MIB * 1048576)) ] || rm -f "$file" "$file.console"
    done < <(find "$CACHE_DIR/snapshots" -type f ! -name '*.console' -printf '%T@ %s %p\n' | sort -rn)
}
