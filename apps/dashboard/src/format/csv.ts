/** What spreadsheets take for a formula, also behind white space. */
const FORMULA_START = /^[\s]*[=+\-@\t\r]/

/**
 * One line of RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe in front
 * (https://owasp.org/www-community/attacks/CSV_Injection); plain numbers stay numbers.
 */
export const csvLine = (values: readonly (string | null)[]): string =>
  `${values
    .map((value) => {
      if (value === null) return ''
      const isNumber = /^-?\d+(\.\d+)?$/.test(value)
      const safe = !isNumber && FORMULA_START.test(value) ? `'${value}` : value
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
    })
    .join(',')}\r\n`
