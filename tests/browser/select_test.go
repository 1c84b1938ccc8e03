package browser

import (
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// asking is what viz.Select puts under a chart.
const asking = `<div data-flatland-ask="{&#34;address&#34;:&#34;/flatland/select/7&#34;,&#34;kernel&#34;:&#34;k-1&#34;}"><span>Mark rows.</span></div>`

// TestSelectBehindAPrefix answers on the page of a server that has a prefix and a token, as JupyterHub gives it, where GoNB's own way to the
// kernel is closed. The kernel is one that acknowledges what it is told to open and asks once whether the page is still there.
func TestSelectBehindAPrefix(t *testing.T) {
	testenv.Need(t, "chromium")
	kernel := `<script id="jupyter-config-data" type="application/json">{"baseUrl": "/user/ada/", "token": "secret"}</script>
<script>
globalThis.said = [];
globalThis.WebSocket = class {
  constructor(url) {
    said.push(url.pathname + url.search);
    setTimeout(() => this.onopen());
  }
  send(text) {
    const m = JSON.parse(text);
    const line = [m.channel, m.header.msg_type, m.content.target_name ?? m.content.data.address, m.content.kernel_id ?? m.content.data.value].join(' ');
    if (said.at(-1) !== line) said.push(line);
    const tell = (address) => this.onmessage({ data: JSON.stringify({ msg_type: 'comm_msg', content: { comm_id: m.content.comm_id, data: { address, value: true } } }) });
    if (m.header.msg_type === 'comm_open') setTimeout(() => (tell('#heartbeat/ping'), tell('#comm_open_ack')));
  }
};
</script>`
	s := look(t, page(t, kernel, library(t), output(t, chart()), asking), 20_000, nil, step{"do": "answer", "chart": 0, "rows": []int{9, 0, 3}})
	if err := verdict(s, 1); err != nil {
		t.Error(err)
	}
	// The bits 0 and 3 of the first byte and 1 of the second.
	want := `Use selection (3 rows)
/user/ada/api/kernels/k-1/channels?token=secret
shell comm_open gonb_comm k-1
shell comm_msg #heartbeat/pong true
shell comm_msg /flatland/select/7 here
shell comm_msg /flatland/select/7 rows CQI=`
	if got := s.Steps[0].Text; strings.TrimSpace(got) != want {
		t.Errorf("the page said\n%s\nwant\n%s", got, want)
	}
}

// TestSelectByTheWayOfGoNB answers where GoNB has opened a way to the kernel. That of another kernel, which an earlier notebook of the page has
// left, is not taken.
func TestSelectByTheWayOfGoNB(t *testing.T) {
	testenv.Need(t, "chromium")
	way := `<script>
globalThis.said = [];
const comm = (kernel) => ({ _kernel_id: kernel, _is_connected: Promise.resolve(null), send(address, value) {
  const line = kernel + ' ' + address + ' ' + value;
  if (said.at(-1) !== line) said.push(line);
} });
globalThis.gonb_comm = comm('of another notebook');
setTimeout(() => (globalThis.gonb_comm = comm('k-1')), 300);
</script>`
	s := look(t, page(t, way, library(t), output(t, chart()), asking), 20_000, nil, step{"do": "answer", "chart": 0, "rows": []int{2}})
	if err := verdict(s, 1); err != nil {
		t.Error(err)
	}
	if got, want := s.Steps[0].Text, "Use selection (1 row)\nk-1 /flatland/select/7 here\nk-1 /flatland/select/7 rows BA=="; got != want {
		t.Errorf("the page said\n%s\nwant\n%s", got, want)
	}
}
