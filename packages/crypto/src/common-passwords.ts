// The words that head every published list of leaked passwords, without what people put around them to please a form: that is taken off first.
// Offline on purpose: no part of a password leaves the machine, not even of its hash.
const WORDS =
  'password passwort passw0rd motdepasse contrasena contraseña senha parola haslo wachtwoord admin administrator root user guest login welcome ' +
  'willkommen bienvenue changeme letmein iloveyou princess sunshine dragon monkey football baseball basketball soccer hockey master superman ' +
  'batman spiderman pokemon starwars michael jennifer jordan jessica ashley daniel charlie thomas robert andrew matthew joshua nicole hunter ' +
  'shadow freedom whatever trustno1 qwerty qwertz azerty asdf asdfgh asdfghjkl zxcvbn zxcvbnm qwertyuiop qwertzuiop azertyuiop abc abcd abcde ' +
  'abcdef abcdefg abcdefgh abcdefghij qazwsx qazwsxedc qweasd qweasdzxc onetwothree secret access default test tester testing demo example hello ' +
  'helloworld computer internet google facebook samsung liverpool chelsea arsenal barcelona summer winter spring autumn january monday flower ' +
  'cheese chocolate cookie butterfly lovely loveme fuckyou asshole killer ninja mustang corvette ferrari mercedes harley yankees cowboys ' +
  'steelers eagles lakers matrix merlin phoenix tigger pepper ginger maggie bailey buster biteme cameron naruto correcthorsebatterystaple atpar'
const COMMON: ReadonlySet<string> = new Set(WORDS.split(' '))

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}
/** Rows of keyboards and the orders everyone knows, each read both ways and round again. */
const RUNS = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn',
]
const LONGEST_PERIOD = 4

const reversed = (text: string): string => Array.from(text).toReversed().join('')
const RUNS_BOTH_WAYS = [...RUNS, ...RUNS.map(reversed)]

const withoutDecoration = (text: string): string => text.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '')
const unleet = (text: string): string => Array.from(text, (character) => LEET[character] ?? character).join('')

/** "abcabcabcabc": a short piece over and over. */
const isRepetition = (text: string): boolean =>
  Array.from({ length: LONGEST_PERIOD }, (_, index) => index + 1).some((period) =>
    Array.from(text).every((character, index) => character === text[index % period]),
  )

const isCommonWord = (text: string): boolean =>
  COMMON.has(text) ||
  [2, 3].some(
    (times) =>
      text.length % times === 0 &&
      COMMON.has(text.slice(0, text.length / times)) &&
      text === text.slice(0, text.length / times).repeat(times),
  )

/**
 * Whether a password is among the first that anyone would try: a common word with digits or signs around it, a run of keys, a repetition, or the
 * person's own name or address (`own`, any number of words).
 */
export const isCommonPassword = (password: string, own: readonly string[] = []): boolean => {
  const text = password.normalize('NFKC').toLowerCase().replaceAll(/\s/g, '')
  if (isRepetition(text) || RUNS_BOTH_WAYS.some((run) => run.includes(text))) return true
  const words = [
    withoutDecoration(text),
    withoutDecoration(unleet(text)),
    unleet(withoutDecoration(text)),
    unleet(text),
  ]
  if (words.some(isCommonWord)) return true
  const personal = own
    .map((word) => word.normalize('NFKC').toLowerCase().replaceAll(/\s/g, ''))
    .filter((word) => word.length > 2)
  return words.some((word) => word === '' || personal.includes(word)) || personal.includes(text)
}
