# What a linker or a compiler made wrong of the file. file_rules_test.cpp has the other ones of the file: it changes
# bytes of the honest plugin.
prx_plugin_mutant(needs_more RULE elf.needed SOURCES file_mutant.cpp LINK LINKER:--no-as-needed LIBRARIES -lresolv)
prx_plugin_mutant(starts_thread RULE elf.imports SOURCES file_mutant.cpp LINK LINKER:-u,mutant_kept)
prx_plugin_mutant(run_path RULE elf.no-search-path SOURCES file_mutant.cpp LINK LINKER:-rpath,/opt/mutant)
prx_plugin_mutant(constructor RULE elf.no-constructors SOURCES file_mutant.cpp)
prx_plugin_mutant(lent_symbol RULE elf.provided SOURCES file_mutant.cpp LINK LINKER:-u,mutant_kept LINKER:-z,undefs)
prx_plugin_mutant(exec_stack RULE elf.stack SOURCES file_mutant.cpp LINK LINKER:-z,execstack)
prx_plugin_mutant(text_relocations RULE elf.text-relocations SOURCES file_mutant.cpp LINK LINKER:-u,mutant_kept LINKER:-z,notext)
prx_plugin_mutant(writable_code RULE elf.writable-code SOURCES file_mutant.cpp LINK LINKER:-u,mutant_kept LINKER:--no-warn-rwx-segments)
# Nothing is wrong with this one: its relocations are packed, for which glibc has a version of its own.
prx_plugin_mutant(packed_relocations LINK LINKER:-z,pack-relative-relocs)
prx_plugin_mutant(many_exports RULE elf.one-export SOURCES file_mutant.cpp)
get_target_property(options plugin_mutant_many_exports LINK_OPTIONS)
list(FILTER options EXCLUDE REGEX version-script)
set_target_properties(plugin_mutant_many_exports PROPERTIES LINK_OPTIONS "${options}")
