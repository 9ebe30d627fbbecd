# Compiler settings, the libraries that Freshet stands on, and the helpers that declare rooms and tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(FRESHET_CCACHE ccache)
if(FRESHET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FRESHET_CCACHE})
endif()
find_program(FRESHET_MOLD mold)

add_library(freshet_flags INTERFACE)
target_compile_options(freshet_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -Wno-error=deprecated-declarations)
target_include_directories(freshet_flags INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes Asio's coroutine frames, allocated and freed by their promise, for a mismatch.
  target_compile_options(freshet_flags INTERFACE -fcoroutines -Wno-mismatched-new-delete)
endif()
if(FRESHET_MUTANTS)
  target_compile_definitions(freshet_flags INTERFACE FRESHET_MUTANTS)
endif()
if(FRESHET_MOLD)
  target_link_options(freshet_flags INTERFACE -fuse-ld=mold)
endif()
if(FRESHET_SANITIZE)
  target_compile_options(freshet_flags INTERFACE -fsanitize=${FRESHET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(freshet_flags INTERFACE -fsanitize=${FRESHET_SANITIZE})
  if(FRESHET_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio orders its queues by fences, which ThreadSanitizer does not follow; what they order has locks besides.
    target_compile_options(freshet_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(FRESHET_FUZZ)
  # Assertions stay on, those of the standard library too: an index beyond a view counts as a find.
  target_compile_options(freshet_flags INTERFACE -UNDEBUG -D_GLIBCXX_ASSERTIONS
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(freshet_flags INTERFACE -fsanitize=address,undefined)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(LibArchive REQUIRED)
find_library(PG_QUERY_LIBRARY pg_query REQUIRED)

# freshet_room(NAME SOURCES ... PUBLIC libs... PRIVATE libs...): one static library a room.
function(freshet_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(freshet_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(freshet_${name} PUBLIC freshet_flags ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
endfunction()

# freshet_test(ROOM SOURCES ... LIBS ...): one test binary a room, run by ctest as a whole.
function(freshet_test room)
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  add_executable(${room}_test ${TEST_SOURCES})
  target_link_libraries(${room}_test PRIVATE ${TEST_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_include_directories(${room}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${room}_test PRIVATE FRESHET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(FRESHET_MUTANTS)
    # Only this build optimizes tests; GCC 12 then takes a byte of an entry on the heap for one beyond it.
    target_compile_options(${room}_test PRIVATE -Wno-stringop-overflow)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 300)
  endif()
  add_test(NAME ${room} COMMAND ${room}_test)
  set_tests_properties(${room} PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS unit)
endfunction()

# freshet_e2e(NAME COMMAND ... TIMEOUT s): a test of the real binary, found in the environment variable FRESHET_BIN.
function(freshet_e2e name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "COMMAND" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 600)
  endif()
  add_test(NAME ${name} COMMAND ${TEST_COMMAND} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS e2e
    ENVIRONMENT "FRESHET_BIN=$<TARGET_FILE:freshet>;PYTHONDONTWRITEBYTECODE=1")
endfunction()
