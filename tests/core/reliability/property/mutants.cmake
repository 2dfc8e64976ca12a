# Each rule of the property test is shown to bite: a copy of one source of the engine with one fault
# in it is linked before the room, and random schedules have to find that the rule is broken.

set(PRX_MUTANT_SCHEDULES 20000)

add_library(prx_mutant_main OBJECT property/mutant_main.cpp)
target_link_libraries(prx_mutant_main PRIVATE prx_chain_property prx_options)

# prx_mutant(one_probe chain_choice.cpp FROM text TO text): the rule that the fault breaks, the
# source, what is replaced by what. A text that is not there is an error: then the source has
# changed, and the mutant has to follow it. A rule may have several.
function(prx_mutant rule source)
  file(READ ${PROJECT_SOURCE_DIR}/core/src/reliability/${source} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/core/src/reliability/${source})
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "FROM;TO" "")
  string(FIND "${text}" "${arg_FROM}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "mutant of ${rule}: ${source} does not have '${arg_FROM}'")
  endif()
  string(REPLACE "${arg_FROM}" "${arg_TO}" text "${text}")
  set(name mutant_${rule})
  set(number 2)
  while(TARGET ${name})
    set(name mutant_${rule}_${number})
    math(EXPR number "${number} + 1")
  endwhile()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "@text@" @ONLY)
  add_executable(${name} ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE prx_mutant_main prx_chain_property prx_reliability)
  target_compile_options(${name} PRIVATE -w)  # a fault may leave a variable unused
  add_test(NAME reliability.${name} COMMAND ${name} ${rule} ${PRX_MUTANT_SCHEDULES})
  set_tests_properties(reliability.${name} PROPERTIES TIMEOUT 60)
endfunction()

prx_mutant(one_end chain_engine.cpp FROM "if (ended()) return;" TO "")
prx_mutant(attempts_max chain_rescue.cpp
  FROM "if (attempts_left() <= 0) return give_up(now, out);" TO "")
prx_mutant(attempts_max chain_clocks.cpp FROM "if (attempts_left() <= 0) return;" TO "")
prx_mutant(deadline chain_engine.cpp FROM "if (expired(now)) return expire(now, out);" TO "")
prx_mutant(one_probe chain_choice.cpp
  FROM "if (breaker.probing()) return {Admission::Kind::kOpen, who.key, now};" TO "")
prx_mutant(one_probe breaker.cpp FROM "if (report.probe) probing_ = false;" TO "probing_ = false;")
prx_mutant(open_skipped chain_choice.cpp
  FROM "return {Admission::Kind::kOpen, who.key, breaker.reopens_at()};" TO "return who;")
prx_mutant(open_skipped chain_choice.cpp
  FROM "return pass(*plugin, who, now);" TO "return who;")
prx_mutant(dead_key chain_choice.cpp
  FROM "rests > now)" TO "rests > now + std::chrono::hours(1))")
prx_mutant(not_contradicted chain_engine.cpp
  FROM "if (shorter) return differs(live, now, out);" TO "")
prx_mutant(not_contradicted splice.cpp FROM "return {Splice::Fate::kDiffers, {}};" TO "{}")
prx_mutant(finish_needed chain_engine.cpp
  FROM "if (error) return fail(live, *error, now, out);"
  TO "if (error && committed_ == 0) return fail(live, *error, now, out);")
prx_mutant(one_commit chain_engine.cpp FROM "if (committed_ == 0) {" TO "{")
prx_mutant(retry_after chain_choice.cpp
  FROM "cools > now)" TO "cools > now + std::chrono::seconds(1))")
prx_mutant(retry_after chain_clocks.cpp FROM "const bool ready = " TO "const bool ready = true || ")
prx_mutant(cancelled chain_engine.cpp
  FROM "Error error = of_class(ErrorClass::kCancelled, \"cancelled by the caller\");"
  TO "Error error; if (pending_) return void(out.emplace_back(GiveUp{}));")
prx_mutant(live_max chain_clocks.cpp
  FROM "return launch(what, now, out);" TO "launch(what, now, out); return launch(what, now, out);")
prx_mutant(no_hang chain_choice.cpp FROM "pending_ = what;" TO "")
prx_mutant(no_hang chain_clocks.cpp FROM "live.hedge_tried = true;" TO "")
prx_mutant(paired chain_engine.cpp
  FROM "for (const Live& live : live_) out.emplace_back(CancelAttempt{live.number, why});" TO "")
prx_mutant(probes_returned chain_accounts.cpp
  FROM "if (std::exchange(state.probing, false)) state.lane->breaker.probe_over();" TO "")
prx_mutant(probes_returned chain_accounts.cpp
  FROM "if (state.plugin_probing) give_back_plugin(target);" TO "")
prx_mutant(hedge_budget chain_clocks.cpp
  FROM "if (!health_.hedges.take(plan_.policy.hedge_max_share)) return;" TO "")
prx_mutant(retry_budget chain_choice.cpp
  FROM "if (again && !health_.retries.take(now, plan_.policy.retry_budget)) return false;" TO "")
