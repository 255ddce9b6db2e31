// A lint rule of our own. Money is bigint pico-dollars (packages/core/src/money.ts): the compiler refuses to mix it with numbers, but not to turn it into
// one. This does, by name: every money field and variable of this code ends in Pusd, NanoUsd, Usd or Cents.

/**
 * As much of a syntax node as is looked at here.
 * @typedef {object} Node
 * @property {string} type
 * @property {string} [name]
 * @property {boolean} [computed]
 * @property {string} [operator]
 * @property {unknown} [value]
 * @property {string} [raw]
 * @property {Node} [object]
 * @property {Node} [property]
 * @property {Node} [expression]
 * @property {Node} [callee]
 * @property {Node} [left]
 * @property {Node} [right]
 * @property {Node} [consequent]
 * @property {Node} [alternate]
 * @property {Node} [argument]
 * @property {Node[]} [arguments]
 */

const MONEY = /(?:pusd|nanousd|usd|cents)$/i
const FLOAT_METHODS = new Set(['toFixed', 'toPrecision', 'toExponential'])
/** Division and products with a fraction are what a float of money is made by; comparing and printing one is not. */
const ARITHMETIC = new Set(['/', '*', '%', '+', '-', '**'])

/**
 * The last name of `hold.pusd`, `rows[0].billed_pusd`, `costPusd`; null for anything that has none.
 * @param {Node | undefined} node
 * @returns {string | null}
 */
const nameOf = (node) => {
  switch (node?.type) {
    case 'Identifier':
      return node.name ?? null
    case 'MemberExpression':
      return node.computed === true ? nameOf(node.object) : nameOf(node.property)
    case 'ChainExpression':
    case 'TSAsExpression':
      return nameOf(node.expression)
    case 'CallExpression':
      return nameOf(node.callee)
    case undefined:
    default:
      return null
  }
}

/** @param {Node | undefined} node */
const isMoney = (node) => MONEY.test(nameOf(node) ?? '')

/**
 * Money anywhere in an expression, but for what a comparison makes of it.
 * @param {Node | undefined} node
 * @returns {boolean}
 */
const holdsMoney = (node) => {
  if (isMoney(node)) return true
  switch (node?.type) {
    case 'BinaryExpression':
      return ARITHMETIC.has(node.operator ?? '') && (holdsMoney(node.left) || holdsMoney(node.right))
    case 'LogicalExpression':
      return holdsMoney(node.left) || holdsMoney(node.right)
    case 'ConditionalExpression':
      return holdsMoney(node.consequent) || holdsMoney(node.alternate)
    case 'UnaryExpression':
      return holdsMoney(node.argument)
    case undefined:
    default:
      return false
  }
}

const CONVERSIONS = new Set(['Number', 'parseFloat', 'parseInt'])

/** @param {Node | undefined} callee */
const isConversion = (callee) => {
  if (callee?.type === 'Identifier') return CONVERSIONS.has(callee.name ?? '')
  if (callee?.type !== 'MemberExpression' || callee.object?.type !== 'Identifier') return false
  return callee.object.name === 'Math' || (callee.object.name === 'Number' && CONVERSIONS.has(nameOf(callee) ?? ''))
}

/** Prisma's Decimal writes whole pico-dollars by `toFixed(0)`. @param {Node} call */
const isWhole = (call) => call.arguments?.[0]?.type === 'Literal' && call.arguments[0].value === 0

/** @param {Node} call */
const isFloatText = ({ callee, ...call }) =>
  callee?.type === 'MemberExpression' &&
  FLOAT_METHODS.has(nameOf(callee) ?? '') &&
  holdsMoney(callee.object) &&
  !isWhole(/** @type {Node} */ (call))

/** @param {Node | undefined} node */
const isNumber = (node) => node?.type === 'Literal' && typeof node.value === 'number'
/** @param {Node | undefined} node */
const isFraction = (node) => isNumber(node) && !Number.isInteger(node?.value)

const noFloat = {
  meta: {
    type: 'problem',
    docs: { description: 'money is never a float' },
    messages: {
      float:
        'Money is bigint pico-dollars: compute with it, or with packages/core/src/money.ts, and never make a number of it.',
    },
  },
  /** @param {{ report: (problem: { node: Node, messageId: string }) => void }} context */
  create: (context) => {
    /** @param {Node} node */
    const report = (node) => context.report({ node, messageId: 'float' })
    return {
      /** @param {Node} node */
      CallExpression: (node) => {
        if ((isConversion(node.callee) && node.arguments?.some(holdsMoney)) || isFloatText(node)) report(node)
      },
      /** @param {Node} node */
      UnaryExpression: (node) => {
        if (node.operator === '+' && holdsMoney(node.argument)) report(node)
      },
      /** @param {Node} node */
      BinaryExpression: (node) => {
        const { operator = '', left, right } = node
        if (!ARITHMETIC.has(operator)) return
        const isSplit = operator === '/' && isNumber(right) && holdsMoney(left)
        if (isSplit || (isFraction(left) && holdsMoney(right)) || (isFraction(right) && holdsMoney(left))) report(node)
      },
    }
  },
}

// oxlint-disable-next-line import/no-default-export -- oxlint reads a plugin's default export.
export default { meta: { name: 'money' }, rules: { 'no-float': noFloat } }
