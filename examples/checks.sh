# Shared by the guides: where the server is, and how a reply is checked. Source it; it runs nothing by itself.

BASE_URL="${BASE_URL:-http://localhost:8283}"
MEMGPT_SERVER_PASS="${MEMGPT_SERVER_PASS:-ilovellms}"

# Ends the script with a sentence.
fail() {
  printf 'Failed: %s\n' "$1" >&2
  exit 1
}

# expect REPLY PATTERN SENTENCE: the reply must match the extended regular expression.
expect() {
  printf '%s\n' "$1" | grep -Eq -- "$2" || fail "$3 The reply was: ${1:-(empty)}"
}

# field REPLY NAME: the first string of that name in a JSON reply.
field() {
  printf '%s' "$1" | sed -n "s/^[^\"]*\(\"[^\"]*\":{\)\{0,1\}\"$2\":\"\([^\"]*\)\".*/\2/p" | head -n 1
}

# expect_reply STREAM: the four kinds of event of an answer, in their order, each dated.
expect_reply() {
  local kinds
  kinds="$(printf '%s\n' "$1" | sed -n 's/^data: {"\([a-z_]*\)": .*"date": "[^"]*"}$/\1/p' | uniq | tr '\n' ' ')"
  case "$kinds" in
    *'function_call assistant_message function_return ') ;;
    *) fail "The answer did not stream as a call, the words it says and its return. The reply was: ${1:-(empty)}" ;;
  esac
  expect "$1" '^data: \{"function_call": "send_message\(\{'"'"'message'"'"': ' 'The call should be written as text.'
  expect "$1" '^data: \{"assistant_message": "[^"]' 'The answer should have words.'
  expect "$1" '^data: \{"function_return": "None", "status": "success", ' 'The call should return None.'
}

# An id as the old clients read it.
UUID='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

AGENT_ID=''
USER_ID=''

# Takes away what a guide made, so that it can be run again.
tidy_up() {
  if [ -n "$AGENT_ID" ]; then
    curl --silent --output /dev/null --request DELETE --url "$BASE_URL/api/agents/$AGENT_ID" \
      --header "authorization: Bearer $MEMGPT_SERVER_PASS"
  fi
  if [ -n "$USER_ID" ]; then
    curl --silent --output /dev/null --request DELETE --url "$BASE_URL/admin/users/$USER_ID" \
      --header "authorization: Bearer $MEMGPT_SERVER_PASS"
  fi
}
