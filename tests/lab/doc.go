// Package lab holds the test of what only a real JupyterLab can tell: that a notebook run from its menus shows its charts and its progress,
// can be interrupted, and keeps its results when the kernel is restarted.
//
// Notebook 7 comes from the same server. A test starts the server of .tools on loopback with folders of its own, drive.mjs uses it in headless Chromium as a reader would and
// reports what was seen, and the test judges the report. Screenshots are left in build/shots.
package lab
