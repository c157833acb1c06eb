// Rules that stand in the text of the source and that no linter of ours knows, read from the syntax tree:
// a word in a comment or a string is never a finding.
import { filesIn, isTest, linesOf, sourceFiles, textOf } from './files.mjs';

const maxLines = 400;
const testers = new Set(['it', 'test', 'describe', 'suite', 'bench', 'ctx', 'context', 'task']);
const skippers = new Set(['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails']);
const timers = new Set(['setTimeout', 'setInterval']);
const mocks = new Set(['mock', 'doMock', 'unmock']);
const clock = 'src/lib/clock.ts';

/** Findings as `file:line sentence`. `ts` is the compiler, loaded by the caller once it is installed. */
export function sourceFindings(root, ts) {
  const decisions = filesIn(root, 'docs/decisions', /\.md$/)
    .map((file) => textOf(root, file))
    .join('\n');
  return sourceFiles(root).flatMap((file) => fileFindings(ts, file, textOf(root, file), decisions));
}

function fileFindings(ts, file, text, decisions = '') {
  const findings = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const at = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const report = (node, sentence) => findings.push(`${file}:${at(node.getStart(source))} ${sentence}`);

  if (linesOf(text) > maxLines) findings.push(`${file}:1 ${linesOf(text)} lines; a file holds ${maxLines} at most`);
  for (const match of text.matchAll(
    /(?:\/\/|\/\*)\s*(biome-ignore|@ts-(?:ignore|expect-error|nocheck)|v8 ignore|c8 ignore)/g,
  )) {
    if (!decisions.includes(file))
      findings.push(`${file}:${at(match.index)} ${match[1]} without a decision that names this file`);
  }
  const rules = [
    testRules,
    /\.ts$/.test(file) ? typeRules : [],
    file.startsWith('src/') && !isTest(file) ? hostRules : [],
  ].flat();
  const world = { ts, file, source, report };
  const visit = (node) => {
    for (const rule of rules) rule(node, world);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

const testRules = [
  function noMocks(node, { ts, report }) {
    const call = calledMember(ts, node);
    if (call?.on === 'vi' && mocks.has(call.name))
      report(node, `vi.${call.name}: pass a real part or a fake of the interface`);
  },
  function noSkipping(node, { ts, report }) {
    if (!ts.isPropertyAccessExpression(node) || !skippers.has(node.name.text)) return;
    if (forPlatform(ts, node)) return;
    if (testers.has(leftmost(ts, node))) report(node, `.${node.name.text}: every test runs, always`);
  },
  function noEmptyCatch(node, { ts, report }) {
    if (ts.isCatchClause(node) && node.block.statements.length === 0) report(node, 'an empty catch hides the error');
  },
];

const typeRules = [
  function noCasts(node, { ts, file, report }) {
    const cast = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);
    if (!cast || isTest(file) || ts.isConstTypeReference(node.type)) return;
    report(node, '`as`: parse it at the door, or narrow it');
  },
  function noAny(node, { ts, report }) {
    if (node.kind === ts.SyntaxKind.AnyKeyword) report(node, '`any`: say what it is, or `unknown`');
  },
  function noNonNull(node, { ts, report }) {
    if (ts.isNonNullExpression(node)) report(node, '`!`: check it');
    if (ts.isPropertyDeclaration(node) && node.exclamationToken) report(node, '`!:`: give it a value');
  },
];

const hostRules = [
  function noModuleState(node, { ts, report }) {
    if (!ts.isVariableStatement(node) || !ts.isSourceFile(node.parent)) return;
    if (!(node.declarationList.flags & ts.NodeFlags.Const))
      report(node, 'module-level `let`: hold it in an object somebody owns');
  },
  function environment(node, { ts, file, report }) {
    if (isMember(ts, node, 'process', 'env') && file !== 'src/config.ts')
      report(node, 'process.env is read in src/config.ts');
  },
  function exit(node, { ts, file, report }) {
    if (file === 'src/index.ts') return;
    if (['exit', 'abort', 'reallyExit'].some((name) => isMember(ts, node, 'process', name))) {
      report(node, 'only src/index.ts ends the process');
    }
    const call = calledMember(ts, node);
    const signal = node.arguments?.[0];
    if (
      call?.on === 'process' &&
      ['on', 'once'].includes(call.name) &&
      ts.isStringLiteral(signal) &&
      /^SIG/.test(signal.text)
    ) {
      report(node, 'signals are heard in src/index.ts');
    }
  },
  function time(node, { ts, file, report }) {
    if (file === clock) return;
    const callee = ts.isCallExpression(node) ? node.expression : undefined;
    const isTimer = callee && ts.isIdentifier(callee) && timers.has(callee.text);
    const isDate = ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date';
    const asked = [
      ['Date', 'now'],
      ['performance', 'now'],
      ['AbortSignal', 'timeout'],
      ['globalThis', 'setTimeout'],
    ];
    if (isTimer || (isDate && !node.arguments?.length) || asked.some(([on, name]) => isMember(ts, node, on, name))) {
      report(node, `time and timers come from ${clock}`);
    }
  },
  function modules(node, { ts, file, report }) {
    if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return;
    const name = node.moduleSpecifier.text;
    if (/^(node:)?timers/.test(name) && file !== clock) report(node, `timers come from ${clock}`);
    if (/^(node:)?process$/.test(name)) report(node, 'use the global process, where the rules can see it');
  },
];

/** `it.runIf(process.platform === 'linux')`: what a platform does not have cannot be tried there. */
function forPlatform(ts, node) {
  if (!['runIf', 'skipIf'].includes(node.name.text) || !ts.isCallExpression(node.parent)) return false;
  const condition = node.parent.arguments[0];
  return ts.isBinaryExpression(condition) && isMember(ts, condition.left, 'process', 'platform');
}

function isMember(ts, node, on, name) {
  if (ts.isElementAccessExpression(node)) {
    const key = node.argumentExpression;
    return (
      ts.isIdentifier(node.expression) && node.expression.text === on && ts.isStringLiteral(key) && key.text === name
    );
  }
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== name) return false;
  return ts.isIdentifier(node.expression) && node.expression.text === on;
}

function calledMember(ts, node) {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression, name } = node.expression;
  return ts.isIdentifier(expression) ? { on: expression.text, name: name.text } : undefined;
}

function leftmost(ts, node) {
  let current = node;
  while (ts.isPropertyAccessExpression(current) || ts.isCallExpression(current)) current = current.expression;
  return ts.isIdentifier(current) ? current.text : undefined;
}
