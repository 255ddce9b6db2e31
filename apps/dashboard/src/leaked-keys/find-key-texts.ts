import { parseApiKey, PUBLIC_LENGTH, SECRET_LENGTH } from '@atpar/core/api-key'

const CHECKSUM_LENGTH = 6
const MOST = 100
const KEY_TEXT = new RegExp(
  String.raw`(?<![0-9A-Za-z_])atpar_(?:live|test|manage)_[0-9A-Za-z]{${PUBLIC_LENGTH}}_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}(?![0-9A-Za-z])`,
  'g',
)

/** Every key in a text, of models and of management, however a scanner wraps them; each once, at most a hundred. What fails its checksum is none. */
export const findKeyTexts = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(KEY_TEXT)].map(([match]) => match))]
    .filter((candidate) => parseApiKey(candidate)?.isChecksumValid === true)
    .slice(0, MOST)
