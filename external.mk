include $(sort $(wildcard $(BR2_EXTERNAL_HOTPAIR_PATH)/package/*/*.mk))
