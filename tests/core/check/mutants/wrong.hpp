/// \file wrong.hpp
/// What can go wrong in a mutant that runs. The code of all of them is compiled once; wrong.cpp,
/// compiled for each, holds which one it is.
#pragma once

namespace mutant {

/// One for each rule of the checker that runs the plugin; named after what is wrong.
enum class Wrong {
  nothing,
  chats_in_process,         ///< which is right, too
  chats_at_random,          ///< so is this, in process, where it is declared
  refuses_every_operation,  ///< for what the rules say of it
  // tables
  query_asks_the_system,
  query_has_two_tables,
  version_is_another,
  table_is_not_zero,
  interface_by_prefix,
  modules_share_state,
  odd_configuration_is_a_bug,
  create_fails_silently,
  second_kind_is_refused,
  create_posts,
  create_opens_a_socket,
  create_sleeps,
  describes_an_array,
  describes_another_value,
  describes_its_key,
  describes_each_time_more,
  reads_a_terminator,
  copies_by_size,
  keeps_what_was_borrowed,
  needs_the_log,
  waits_for_a_refused_worker,
  waits_for_a_refused_timer,
  waits_for_a_refused_request,
  waits_for_a_refused_post,
  // operations
  health_is_refused,
  start_sleeps,
  first_start_sleeps,
  unknown_operation_chats,
  unnamed_operation_never_ends,
  unknown_flag_is_refused,
  odd_body_is_a_bug,
  event_inside_start,
  gives_no_operation,
  gives_null,
  done_twice,
  event_after_release,
  events_overlap,
  event_on_own_thread,
  finish_twice,
  empty_text,
  tool_call_from_one,
  flags_of_its_own,
  negative_usage,
  message_of_two_lines,
  frame_unasked,
  start_fails_silently,
  names_another_operation,
  timer_from_a_worker,
  logs_no_text,
  exchange_runs_on,
  header_with_line_break,
  asks_another_host,
  names_no_key_header,
  ignores_its_base_url,
  logs_the_prompt,
  reads_its_key,
  key_in_an_id,
  deaf_before_the_first_event,
  deaf_after_an_event,
  deaf_inside_an_event,
  second_cancel_speaks,
  late_cancel_speaks,
  sink_is_ignored,
  connection_stays_open,
  cancel_sleeps,
  data_computes,  ///< of the body "Later."
  first_data_computes,
  // answers
  health_fails,
  credit_is_no_error,
  piece_of_three_is_lost,
  piece_of_three_is_misheard,  ///< another text, and the same end
  impatient,
  cut_is_success,
  malformed_is_a_bug,
  passes_latin_1_on,
  greets_by_line,  ///< META for each "hello" of an answer in lines
  keeps_all,
  auth_is_invalid,
  status_is_lost,
  cuts_raw_anywhere,
  wait_in_seconds,
  misreads_old_dates,    ///< of Retry-After: those of RFC 850 and of asctime
  waits_for_past_dates,  ///< of Retry-After
  no_content_is_success,
  unknown_status_is_a_bug,
  phase_is_lost,
  dislikes_headers,
  dislikes_a_byte,
  // endurance
  crowd_is_refused,
  leaks_operations,
  leaks_slowly,
  leaks_instances,
  sets_a_variable,
  handles_a_signal,
  opens_a_file,
  leaves_a_thread,
  starts_a_process,
  prints,
};
extern const Wrong kWrong;

// What already the checker of the file sees, by its imports: nothing in the mutants that are not
// about it.
void set_a_variable();
void handle_a_signal();
void leave_a_thread();
void start_a_process();  ///< once, whose parent ends at once
void open_a_socket();
/// On a thread of its own, which has ended when this returns.
void run_on_thread(void* (*run)(void*), void* argument);

}  // namespace mutant
