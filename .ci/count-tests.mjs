// Reads vitest's JSON report: prints "passed failed skipped", and writes the names of failed cases to a file, one a line.
import { readFileSync, writeFileSync } from 'node:fs';

const [reportPath, failedPath] = process.argv.slice(2);
const report = JSON.parse(readFileSync(reportPath, 'utf8'));
const cases = report.testResults.flatMap((file) =>
  file.assertionResults.map((result) => ({ file: file.name, ...result })),
);
const failedCases = cases
  .filter((result) => result.status === 'failed')
  .map((result) => `${result.file}: ${result.fullName}`);
// A file that cannot be loaded has no cases, and a failed hook leaves its own skipped: the file itself is the failure.
const failedFiles = report.testResults
  .filter((file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'))
  .map((file) => `${file.name}: ${String(file.message ?? '').split('\n')[0]}`);
const failed = [...failedFiles, ...failedCases];
const passed = cases.filter((result) => result.status === 'passed').length;
writeFileSync(failedPath, failed.map((line) => `${line}\n`).join(''));
process.stdout.write(`${passed} ${failed.length} ${cases.length - passed - failedCases.length}\n`);
