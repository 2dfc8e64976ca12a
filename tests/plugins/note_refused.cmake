# cmake -DSDK=.. -DNOTE={json} -DEXPECT=.. -P note_refused.cmake: prx_add_plugin() refuses a note with words that
# match EXPECT and name the file; with EXPECT "", it takes it.
cmake_minimum_required(VERSION 3.25)
include(${SDK}/cmake/PrxNote.cmake)
if(DEFINED CHILD)
  _prx_read_note(${CHILD} json)
  return()
endif()
string(SHA1 name "${NOTE}")
set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}/plugin.json)
file(WRITE ${file} "${NOTE}")
execute_process(
  COMMAND ${CMAKE_COMMAND} -DSDK=${SDK} -DCHILD=${file} -DPROJECT_VERSION=1.2.3 -P ${CMAKE_CURRENT_LIST_FILE}
  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
string(REGEX REPLACE "[ \n]+" " " out "${out}")  # as CMake breaks its lines
if(EXPECT STREQUAL "" AND NOT status EQUAL 0)
  message(FATAL_ERROR "the note is refused:\n${out}")
elseif(NOT EXPECT STREQUAL "" AND status EQUAL 0)
  message(FATAL_ERROR "the note is taken: ${NOTE}")
elseif(NOT out MATCHES "${EXPECT}" OR NOT (EXPECT STREQUAL "" OR out MATCHES "plugin.json: "))
  message(FATAL_ERROR "expected '${EXPECT}' in:\n${out}")
endif()
