// The model and the filter of stops, without a host.
#include "../model.hpp"

#include <string>
#include <vector>

#include "../corpus.hpp"
#include "../stop_filter.hpp"
#include "plugin_test.hpp"

namespace local::test {
namespace {

void learns_its_text(Checks& check) {
  Model model(kCorpus, 1);
  const double before = model.loss();
  for (std::size_t i = 0; i < 5 * model.epoch_steps(); ++i) model.step();
  const double after = model.loss();
  check(after < before - 1, "the text is a nat less of a surprise after five epochs");
  Model same(kCorpus, 1), other(kCorpus, 2);
  for (std::size_t i = 0; i < 5 * model.epoch_steps(); ++i) same.step(), other.step();
  check(same.loss() == after, "the same seed learns the same");
  check(other.loss() != after, "another one does not");
}

void draws_by_temperature(Checks& check) {
  Model model("a b c .\n", 1);
  for (int i = 0; i < 2000; ++i) model.step();
  Random random(1);
  const Vocabulary& words = model.vocabulary();
  check(words.text(model.next({0, 0, words.find("a")}, 0, random)) == "b", "the likeliest is next");
  check(model.next({0, words.find("c"), words.find(".")}, 0, random) == Vocabulary::kEnd,
        "a sentence ends");
  check(words.find("z") == Vocabulary::kUnknown, "a word that was not learned");
  bool is_always_b = true;
  for (int i = 0; i < 2000; ++i)
    is_always_b = is_always_b && words.text(model.next({0, 0, words.find("a")}, 2, random)) == "b";
  check(!is_always_b, "heat brings others");
}

void keeps_its_vocabulary_small(Checks& check) {
  Vocabulary words;
  for (int i = 0; i < 5000; ++i) static_cast<void>(words.learn("w" + std::to_string(i)));
  check(words.size() == Vocabulary::kWordsMax, "4096 words");
  check(words.find("w4999") == Vocabulary::kUnknown, "the others are not known");
}

/// What passes the filter when a text comes in pieces of that size.
std::string filtered(const std::string& text, const std::vector<std::string>& stops,
                     std::size_t piece) {
  StopFilter filter(stops);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) out += filter.add(text.substr(at, piece));
  return out + (filter.stopped() ? "|" : filter.rest());
}

void stops_wherever_it_is_cut(Checks& check) {
  for (std::size_t piece = 1; piece <= 12; ++piece) {
    const std::string size = " in pieces of " + std::to_string(piece);
    check(filtered("one two three", {"two"}, piece) == "one |", "before a stop" + size);
    check(filtered("one two three", {"three", "o t"}, piece) == "one tw|", "the first" + size);
    check(filtered("aab aac", {"aac"}, piece) == "aab |", "after a false beginning" + size);
    check(filtered("one tw", {"two"}, piece) == "one tw", "nothing is lost" + size);
  }
}

}  // namespace

void check_model(Checks& check) {
  learns_its_text(check);
  draws_by_temperature(check);
  keeps_its_vocabulary_small(check);
  stops_wherever_it_is_cut(check);
}

}  // namespace local::test
