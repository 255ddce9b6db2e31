/** One shape of errors serves both of OpenAI's formats. */
export { decodeError, encodeError } from '../openai-errors.ts'
