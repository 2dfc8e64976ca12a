# Checks a built plugin as `prx plugin check` does: cmake -D PRX=prx -D FILE=a.so [-D CONFIG=check.toml] -P this.
# A build folder may be writable by a group, which prx would not load from: the file is copied to a folder of its own.
execute_process(COMMAND mktemp -d OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
get_filename_component(name ${FILE} NAME)
file(COPY ${FILE} DESTINATION ${folder} FILE_PERMISSIONS OWNER_READ OWNER_WRITE)
set(command ${PRX} plugin check ${folder}/${name})
if(CONFIG)
  list(APPEND command --config ${CONFIG})
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=PRX_NO_PLUGINS ${command} RESULT_VARIABLE result)
file(REMOVE_RECURSE ${folder})
if(NOT result EQUAL 0)
  message(FATAL_ERROR "prx plugin check: ${result}")
endif()
