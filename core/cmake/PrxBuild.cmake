# Warnings, sanitizers and the helpers that every room and every test uses.

add_library(prx_options INTERFACE)
target_compile_options(prx_options INTERFACE
  -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<BOOL:${PRX_WERROR}>:-Werror>)
if(PRX_SANITIZE)
  # Without the check of virtual tables: it opens pipes, which tests without descriptors and filters forbid.
  add_compile_options(-fsanitize=${PRX_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PRX_SANITIZE})
  foreach(sanitizer ADDRESS THREAD)  # g++ says so by itself
    string(TOLOWER ${sanitizer} name)
    if(PRX_SANITIZE MATCHES ${name} AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
      add_compile_definitions(__SANITIZE_${sanitizer}__=1)
    endif()
  endforeach()
  # RapidJSON adds to null pointers, which C++20 leaves undefined and every compiler takes well.
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/sanitizer_ignore.txt>)
endif()

# Most of a sanitizer build is code that each source repeats: std's templates, gtest's comparisons. The dev preset
# and clang-tidy still compile each source alone, so that a missing include is found there.
if(PRX_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
  # A source that is included looks like a header to g++, and its file-local types like a leak.
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endif()

# prx_apart(url.cpp ...): sources of this folder that a unity build compiles alone, since a name of their own
# (a helper in an unnamed namespace) is a neighbour's too.
function(prx_apart)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# prx_room(http SOURCES a.cpp ... LIBRARIES prx_x ...): one room of core as a static library prx_<name>.
function(prx_room name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(prx_${name} STATIC ${arg_SOURCES})
  target_include_directories(prx_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core/src ${PROJECT_SOURCE_DIR}/core/include)
  target_link_libraries(prx_${name} PUBLIC prx::sdk ${arg_LIBRARIES} PRIVATE prx_options)
endfunction()

# prx_test(http SOURCES a_test.cpp ... LIBRARIES prx_http ...): one GoogleTest program test_<name>.
# TIMEOUT seconds per test (default 60).
function(prx_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(test_${name} ${arg_SOURCES})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_${name} PRIVATE
    PRX_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PRX_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(test_${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main prx_options)
  if(PRX_SANITIZE MATCHES undefined)  # a third of the compile time, for checks of the tests' own pointers
    target_compile_options(test_${name} PRIVATE -fno-sanitize=undefined)
  endif()
  gtest_discover_tests(test_${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
