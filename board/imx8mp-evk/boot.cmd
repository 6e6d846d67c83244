# U-Boot of the kit reads this as boot.scr from the first partition (distro boot). Two slots, each a root with its
# kernel and device tree in it; the counters are those of RAUC's integration of U-Boot.
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3

setenv slot
for each in "${BOOT_ORDER}"; do
  if test "x${slot}" != "x"; then
    true
  elif test "x${each}" = "xA" && test ${BOOT_A_LEFT} -gt 0; then
    setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
    setenv slot A; setenv part 2; setenv label root-a
  elif test "x${each}" = "xB" && test ${BOOT_B_LEFT} -gt 0; then
    setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
    setenv slot B; setenv part 3; setenv label root-b
  fi
done
if test "x${slot}" = "x"; then
  echo "both slots were tried in vain; trying both anew"
  setenv BOOT_A_LEFT 3
  setenv BOOT_B_LEFT 3
  saveenv
  reset
fi
saveenv

setenv bootargs "root=PARTLABEL=${label} rootfstype=squashfs ro rootwait net.ifnames=0 console=ttymxc1,115200 panic=1 rauc.slot=${slot}"
sqfsload ${devtype} ${devnum}:${part} ${kernel_addr_r} /boot/Image
sqfsload ${devtype} ${devnum}:${part} ${fdt_addr_r} /boot/imx8mp-evk.dtb
booti ${kernel_addr_r} - ${fdt_addr_r}
