#!/bin/sh
# Buildroot calls this with the images directory and the board's name: lays out the disk with genimage.
set -eu
images=$1 board=$2
external=$(cd "$(dirname "$0")/../.." && pwd)

case $board in
  imx8mp-evk)
    mkimage -A arm64 -T script -C none -d "$external/board/$board/boot.cmd" "$images/boot.scr"
    ;;
  *)
    # GRUB has put itself here; its settings and the state of the two slots come beside it.
    mkdir -p "$images/efi-part/EFI/BOOT"
    cp "$external/board/common/grub.cfg" "$images/efi-part/EFI/BOOT/grub.cfg"
    grub-editenv "$images/efi-part/EFI/BOOT/grubenv" create
    grub-editenv "$images/efi-part/EFI/BOOT/grubenv" set 'ORDER=A B' A_OK=1 B_OK=1 A_TRY=0 B_TRY=0
    ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
genimage --rootpath "$work/root" --tmppath "$work/tmp" --inputpath "$images" --outputpath "$images" \
  --config "$external/board/$board/genimage.cfg"
