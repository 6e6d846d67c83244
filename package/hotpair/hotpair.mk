################################################################################
#
# hotpair
#
################################################################################

# The executable is built by scripts/cross of this tree, from sources whose checksums package-lock.json holds. Nothing is
# downloaded here, so there is no hotpair.hash: Buildroot compares checksums of downloads only. Whoever builds images
# from an executable of elsewhere puts it into dist and gives its SHA-256 as HOTPAIR_SHA256 (environment or local.mk);
# another one then ends the build.
HOTPAIR_VERSION = $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' $(BR2_EXTERNAL_HOTPAIR_PATH)/package.json)
HOTPAIR_SOURCE =
HOTPAIR_LICENSE = Apache-2.0
HOTPAIR_LICENSE_FILES = LICENSE
HOTPAIR_DEPENDENCIES = postgresql

ifeq ($(BR2_aarch64),y)
HOTPAIR_EXECUTABLE = hotpair-linux-arm64
else
HOTPAIR_EXECUTABLE = hotpair-linux-x64
endif

define HOTPAIR_EXTRACT_CMDS
	test -x $(BR2_EXTERNAL_HOTPAIR_PATH)/dist/$(HOTPAIR_EXECUTABLE) || \
		{ echo "dist/$(HOTPAIR_EXECUTABLE) is missing: run scripts/cross" >&2; exit 1; }
	cp $(BR2_EXTERNAL_HOTPAIR_PATH)/dist/$(HOTPAIR_EXECUTABLE) $(@D)/hotpair
	cp $(BR2_EXTERNAL_HOTPAIR_PATH)/LICENSE $(@D)/LICENSE
	test -z "$(HOTPAIR_SHA256)" || \
		echo "$(HOTPAIR_SHA256)  $(@D)/hotpair" | sha256sum --check --quiet
endef

define HOTPAIR_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/hotpair $(TARGET_DIR)/usr/bin/hotpair
endef

# What the drivers of the board fragments rely on, whatever kernel configuration is chosen.
define HOTPAIR_LINUX_CONFIG_FIXUPS
	$(call KCONFIG_ENABLE_OPT,CONFIG_WATCHDOG)
	$(call KCONFIG_ENABLE_OPT,CONFIG_PACKET)
	$(call KCONFIG_ENABLE_OPT,CONFIG_SQUASHFS)
	$(call KCONFIG_ENABLE_OPT,CONFIG_EXT4_FS)
endef

$(eval $(generic-package))
