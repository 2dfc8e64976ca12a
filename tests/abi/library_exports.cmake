# cmake -DNM=.. -DLIBRARY=.. -P library_exports.cmake: libprx exports what hosts need of its classes, so that they can
# be derived from, and be looked at by sanitizers; and nothing of its rooms.
execute_process(COMMAND ${NM} -DC --defined-only ${LIBRARY} OUTPUT_VARIABLE out COMMAND_ERROR_IS_FATAL ANY)
foreach(symbol "typeinfo for prx::Stream" "vtable for prx::Stream" "typeinfo for prx::Call" "vtable for prx::Call"
    "prx::Client::open")
  if(NOT out MATCHES " ${symbol}")
    message(FATAL_ERROR "${LIBRARY} does not export: ${symbol}")
  endif()
endforeach()
if(out MATCHES " (prx::(driver|http|reliability|config)::[^\n]*)")
  message(FATAL_ERROR "${LIBRARY} exports ${CMAKE_MATCH_1}")
endif()
