import { describe, expect, it } from 'vitest';
import { readPythonFunction } from '../../src/services/python-source.js';

describe('a Python source', () => {
  it('is read for its last function at the top level', () => {
    const source = 'import os\n\ndef helper(x): pass\n\nasync def tide(day: int):\n    def inner(a): pass\n';
    expect(readPythonFunction(source)?.name).toBe('tide');
    expect(readPythonFunction('def helper(): pass\nclass Tool:\n    def run(self): pass\n')?.name).toBe('helper');
    expect(readPythonFunction('x = 1\n')).toBeNull();
  });

  it('tells arguments by name, type and whether they must be given, the agent itself left out', () => {
    const source = `def book(
    self: "Agent",
    harbour: str,  # where, (roughly
    berths: List[int],
    price: float = 1.5,
    options: Optional[dict] = {"a": [1, 2], "b": "x, y"},
    confirmed: bool | None = None,
    note="none, (yet)",
) -> Dict[str, int]:
    return 1
`;
    expect(readPythonFunction(source)?.parameters).toEqual({
      type: 'object',
      properties: {
        harbour: { type: 'string' },
        berths: { type: 'array', items: { type: 'integer' } },
        price: { type: 'number' },
        options: { type: 'object' },
        confirmed: { type: 'boolean' },
        note: {},
      },
      required: ['harbour', 'berths'],
    });
  });

  it('is described by the first paragraph of its docstring and the lines on its arguments', () => {
    const source = [
      'def tide(day: int):',
      '    """Tells the tide',
      '    of a day.',
      '',
      '    Args:',
      '        day (int): counted from today',
      '    """',
    ].join('\n');
    const read = readPythonFunction(source);
    expect(read?.description).toBe('Tells the tide of a day.');
    expect(read?.parameters['properties']).toEqual({ day: { type: 'integer', description: 'counted from today' } });
  });

  it('that is cut short or hostile is read as far as it goes, at once', () => {
    expect(readPythonFunction('def tide(day: int')?.parameters['required']).toEqual(['day']);
    const nested = `def deep(${'['.repeat(20_000)}): pass`;
    expect(readPythonFunction(nested)?.name).toBe('deep');
  });
});
