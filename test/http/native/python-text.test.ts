import { describe, expect, it } from 'vitest';
import { toPythonJson, toPythonLiteral } from '../../../src/http/native/python-text.js';

describe('a Python literal', () => {
  it.each<[unknown, string]>([
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    [0, '0'],
    [-3, '-3'],
    [1.5, '1.5'],
    [1e21, '1e+21'],
    [1e-7, '1e-07'],
    [-0.000012, '-1.2e-05'],
    [0.0001, '0.0001'],
    ['', "''"],
    ['plain', "'plain'"],
    ["it's", `"it's"`],
    ['say "hi"', `'say "hi"'`],
    [`it's "both"`, `'it\\'s "both"'`],
    ['back\\slash', "'back\\\\slash'"],
    ['a\nb\tc\rd', "'a\\nb\\tc\\rd'"],
    ['\u0000\u001b\u007f\u00a0', "'\\x00\\x1b\\x7f\\xa0'"],
    ['\u200b\u2028\ufeff', "'\\u200b\\u2028\\ufeff'"],
    ['\u{e0001}', "'\\U000e0001'"],
    ['naïve “日本” 🧵', "'naïve “日本” 🧵'"],
    ['\ud800', "'\\ud800'"],
    [[1, 'a', null], "[1, 'a', None]"],
    [{ a: { b: [true] }, "c'd": 'e' }, `{'a': {'b': [True]}, "c'd": 'e'}`],
    [{}, '{}'],
    [[], '[]'],
  ])('of %j is what Python prints', (value, text) => {
    expect(toPythonLiteral(value)).toBe(text);
  });
});

describe('JSON in the spelling of the old streams', () => {
  it('has a space after every comma and colon and leaves characters as they are', () => {
    const text = toPythonJson({ a: 'naïve: “x”, y', b: [1, { c: null }], d: undefined, e: true });
    expect(text).toBe('{"a": "naïve: “x”, y", "b": [1, {"c": null}], "e": true}');
  });

  it('is read back as the same value', () => {
    const value = { 'quo"ted': ['\n', '\\', '\u2028'], nested: { deep: [[], {}] } };
    expect(JSON.parse(toPythonJson(value))).toEqual(value);
  });
});
