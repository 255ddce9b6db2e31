/** One shape of errors serves both of OpenAI's formats. */
export { decodeError, encodeError, readErrorWords } from '../openai-errors.ts'
