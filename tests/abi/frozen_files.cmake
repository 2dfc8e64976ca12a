# cmake -DABI=sdk/abi -P frozen_files.cmake: what is published is never edited again, comments included
# (core/docs/abi.md). A new minor adds its files here.
set(frozen
  1.0/include/prx/plugin.h 8fc26b28e8abceeedc15a867bc386074b16b465de486b3f1411869f4afc8dd98
  1.0/layout.c b6c7e734ba08b191b6c5f42e8b3ea898ed17dd861f5b9fe59c51847aab0da628)
while(frozen)
  list(POP_FRONT frozen file expected)
  file(SHA256 ${ABI}/${file} found)
  if(NOT found STREQUAL expected)
    message(FATAL_ERROR "${ABI}/${file} was edited: it is frozen, a change needs a new minor (core/docs/abi.md)")
  endif()
endwhile()
file(GLOB_RECURSE files RELATIVE ${ABI} ${ABI}/*)
list(LENGTH files count)
if(NOT count EQUAL 2)
  message(FATAL_ERROR "${ABI} has files that are not listed in frozen_files.cmake: ${files}")
endif()
