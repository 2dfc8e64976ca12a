/// \file corpus.hpp
/// What the model learns when no other text is configured: one sentence per line.
#pragma once

#include <string_view>

namespace local {

inline constexpr std::string_view kCorpus =
    "the lighthouse keeper counts the ships before the fog comes in .\n"
    "when the fog comes in , the keeper lights the lamp and rings the bell .\n"
    "the ships hear the bell and turn toward the open sea .\n"
    "a small boat does not hear the bell , and the keeper rows out to find it .\n"
    "the keeper finds the small boat near the rocks and ties it to the pier .\n"
    "on the pier an old dog waits for the keeper and for the fish .\n"
    "the old dog does not count ships , but it knows each boat by its sound .\n"
    "in the morning the fog is gone and the sea is quiet .\n"
    "the keeper writes the names of the ships in a book and goes to sleep .\n"
    "the book is full of ships , of fog and of quiet mornings .\n"
    "some ships come back each year , and some ships never come back .\n"
    "when a ship comes back , the keeper rings the bell for joy .\n"
    "the lamp turns all night , and the light turns with it over the sea .\n"
    "the light finds the rocks , the boats and the birds that sleep on the water .\n"
    "birds that sleep on the water do not fear the light .\n"
    "the keeper knows that a lamp without oil is only glass .\n"
    "so the keeper carries the oil up the stairs each evening .\n"
    "the stairs are many , and the old dog counts them .\n"
    "at the top of the stairs the wind is loud and the sea is small .\n"
    "from there the keeper sees the fog before it comes in .\n";

}  // namespace local
