# cmake -DCOMPILER=cc -DPUBLISHED=.. -DNOW=.. -P same_header.cmake: two headers with the same minor have the same text
# but for comments.
foreach(which PUBLISHED NOW)
  # -dD keeps the definitions of macros; the system's headers are not found, and not looked at
  execute_process(COMMAND ${COMPILER} -E -P -dD -nostdinc -x c ${${which}}
    OUTPUT_VARIABLE text ERROR_QUIET)
  string(FIND "${text}" "#define PRX_PLUGIN_H" begin)
  string(SUBSTRING "${text}" ${begin} -1 ${which}_TEXT)
  if(NOT ${which}_TEXT MATCHES "PRX_ABI_MINOR ([0-9]+)u" OR NOT ${which}_TEXT MATCHES "prx_plugin_query_v1")
    message(FATAL_ERROR "${${which}} cannot be read")
  endif()
endforeach()
if(NOT NOW_TEXT MATCHES "PRX_ABI_MINOR 0u")
  message(STATUS "the header is of a later minor: the layouts in sdk/abi say what may not move")
elseif(NOT NOW_TEXT STREQUAL PUBLISHED_TEXT)
  message(FATAL_ERROR "${NOW} says it is ABI 1.0 and differs from ${PUBLISHED}: a change needs a new minor "
    "(core/docs/abi.md)")
endif()
