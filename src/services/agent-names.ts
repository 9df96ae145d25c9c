import { randomInt } from 'node:crypto';

const adjectives = [
  'Amber Bold Brave Bright Calm Candid Clever Curious Eager Earnest Fond Gentle Golden Honest Jolly',
  'Keen Kind Lively Lucid Mellow Merry Nimble Noble Patient Plain Proud Quick Quiet Ready Silver',
  'Sincere Steady Sunny Swift Tender Tidy Warm Wise Witty Zesty',
].flatMap((line) => line.split(' '));

const nouns = [
  'Acorn Badger Beacon Birch Brook Cedar Comet Crane Dune Ember Falcon Fern Finch Fjord Garnet Grove',
  'Harbor Hazel Heron Island Juniper Lantern Linnet Maple Marten Meadow Orchard Osprey Otter Pebble',
  'Plover Quill Raven Reed River Sparrow Thistle Valley Willow Wren',
].flatMap((line) => line.split(' '));

/** A name for an agent that was given none: an adjective and a noun, like `QuietHeron`, and digits on later attempts. */
export function randomAgentName(attempt = 0): string {
  const name = `${pick(adjectives)}${pick(nouns)}`;
  return attempt < 3 ? name : `${name}${randomInt(1_000, 10_000)}`;
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}
