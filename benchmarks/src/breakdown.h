/* SPDX-License-Identifier: BSD-3-Clause */
/* Which function counts for what. `make` takes the names for the linker's --wrap from here. */
#ifdef BREAKDOWN_PRELOAD

COUNT(PARSE, xlu_cfg_init)
COUNT(PARSE, xlu_cfg_readdata)
COUNT(PARSE, xlu_cfg_readfile)
COUNT(PARSE, xlu_cfg_get_string)
COUNT(PARSE, xlu_cfg_replace_string)
COUNT(PARSE, xlu_cfg_get_long)
COUNT(PARSE, xlu_cfg_get_bounded_long)
COUNT(PARSE, xlu_cfg_get_defbool)
COUNT(PARSE, xlu_cfg_get_list)
COUNT(PARSE, xlu_cfg_get_list_as_string_list)
COUNT(PARSE, xlu_cfg_get_listitem)
COUNT(PARSE, xlu_cfg_destroy)

COUNT(REGISTRY, xs_open)
COUNT(REGISTRY, xs_close)
COUNT(REGISTRY, xs_directory)
COUNT(REGISTRY, xs_read)
COUNT(REGISTRY, xs_write)
COUNT(REGISTRY, xs_mkdir)
COUNT(REGISTRY, xs_rm)
COUNT(REGISTRY, xs_get_permissions)
COUNT(REGISTRY, xs_set_permissions)
COUNT(REGISTRY, xs_watch)
COUNT(REGISTRY, xs_unwatch)
COUNT(REGISTRY, xs_check_watch)
COUNT(REGISTRY, xs_read_watch)
COUNT(REGISTRY, xs_transaction_start)
COUNT(REGISTRY, xs_transaction_end)
COUNT(REGISTRY, xs_introduce_domain)
COUNT(REGISTRY, xs_is_domain_introduced)
COUNT(REGISTRY, xs_get_domain_path)
COUNT(REGISTRY, xs_release_domain)

/* Hotplug scripts are started, and they and the back ends waited for. */
COUNT(DEVICES, fork)
COUNT(DEVICES, poll)
COUNT(DEVICES, waitpid)

COUNT(LOAD, xc_dom_kernel_file)
COUNT(LOAD, xc_dom_module_file)
COUNT(LOAD, xc_dom_parse_image)
COUNT(LOAD, xc_dom_mem_init)
COUNT(LOAD, xc_dom_boot_mem_init)
COUNT(LOAD, xc_dom_build_image)
COUNT(LOAD, xc_dom_boot_image)

#else

COUNT(PARSE, chaos_config_load)
COUNT(PARSE, chaos_config_check)

/* Back ends, interfaces in bridges, disks. */
COUNT(DEVICES, back_ends_open)
COUNT(DEVICES, back_ends_add)
COUNT(DEVICES, bridges_join)
COUNT(DEVICES, disk_open)

COUNT(LOAD, kernel_cache_get)
COUNT(LOAD, build_pv)
COUNT(LOAD, build_pvh)

#endif
