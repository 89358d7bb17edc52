#!/usr/bin/env bash
# Builds the machine of the power cut campaign: Debian's cloud kernel, and an initramfs with busybox, the distribution and the
# libraries that its Java runtime needs. Needs no privileges.
#   build-image.sh DISTRIBUTION FOLDER KERNELS
# leaves FOLDER/vmlinuz and FOLDER/initrd.img. KERNELS is a folder where downloaded kernel packages are kept; KERNEL_DEB names
# another one (Debian's linux-image-*-cloud-amd64).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
distribution=$(realpath "$1")
mkdir -p "$2" "$3"
folder=$(realpath "$2")
kernels=$(realpath "$3")

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need mkfs.ext4 e2fsprogs
need dpkg-deb dpkg
need ldd libc-bin
if [ ${#missing[@]} -eq 0 ] && ldd "$(command -v busybox)" >/dev/null 2>&1; then
  missing+=(busybox-static) # the one that is there needs libraries
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "missing: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

# --- kernel ---
if [ -z "${KERNEL_DEB:-}" ]; then
  package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ {print $2; exit}')
  if [ -z "$package" ]; then
    echo "apt knows no linux-image-cloud-amd64: run apt-get update, or name a package with KERNEL_DEB" >&2
    exit 1
  fi
  if ! compgen -G "$kernels/${package}_*.deb" >/dev/null; then
    (cd "$kernels" && apt-get -q download "$package" >&2)
  fi
  KERNEL_DEB=$(compgen -G "$kernels/${package}_*.deb" | sort | tail -n 1)
fi
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
dpkg-deb -x "$KERNEL_DEB" "$work/kernel"
cp "$work"/kernel/boot/vmlinuz-* "$folder/vmlinuz"

# --- user space ---
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,opt,volume}
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
cp "$here/init" "$root/init"
chmod 755 "$root/init"
cp -a "$distribution" "$root/opt/drva"
ldd "$root/opt/drva/runtime/bin/java" "$root/opt/drva/runtime/lib/server/libjvm.so" |
  awk '/=> \// {print $3} /^\t\/lib/ {print $1}' | grep -v "^$work" | sort -u |
  while read -r library; do
    install -D "$library" "$root$library"
  done
for kernel in "$work"/kernel/lib/modules/*; do
  release=${kernel##*/}
  modules=$root/lib/modules/$release
  mkdir -p "$modules"
  for module in virtio virtio_ring virtio_pci virtio_pci_modern_dev virtio_pci_legacy_dev virtio_blk \
    failover net_failover virtio_net libcrc32c xfs; do
    find "$kernel" -name "$module.ko" -exec cp {} "$modules/" \;
  done
  busybox depmod -b "$root" "$release"
done
(cd "$root" && find . | busybox cpio -o -H newc -R 0:0 2>/dev/null) >"$folder/initrd.img"
