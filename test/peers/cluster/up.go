package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The controllers that the tests need. `--controller-arg=--controllers=*` turns all of them on.
const controllerList = "job-controller,ttl-after-finished-controller,garbage-collector-controller,namespace-controller," +
	"pod-garbage-collector-controller,serviceaccount-controller,serviceaccount-token-controller,endpoints-controller," +
	"endpointslice-controller,resourcequota-controller,node-lifecycle-controller,taint-eviction-controller," +
	"root-ca-certificate-publisher-controller,clusterrole-aggregation-controller,deployment-controller,replicaset-controller"

type plane struct {
	dir, bin, url, token string
	port, fakeNodes      int
	podIP                string
	lock                 *os.File
	apiArgs, kcmArgs     list
	parts                []*part // in the order of their start
	client               *http.Client
	died                 chan *part
}

type part struct {
	name string
	args []string
	cmd  *exec.Cmd
	done chan struct{}
	// expected is set before a part is ended on purpose.
	expected bool
}

func (c *part) failure() error {
	if c.expected {
		return nil
	}
	return fmt.Errorf("%s ended by itself: %v", c.name, c.cmd.ProcessState)
}

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func up(args []string) int {
	p := &plane{died: make(chan *part, 8)}
	flags := flag.NewFlagSet("cluster up", flag.ExitOnError)
	flags.StringVar(&p.dir, "dir", "", "folder for all data, certificates, logs and the kubeconfig (required)")
	flags.IntVar(&p.port, "port", 0, "API server's port on 127.0.0.1; 0 takes a free one")
	flags.IntVar(&p.fakeNodes, "fake-nodes", 0, "number of pretended nodes")
	flags.StringVar(&p.podIP, "pod-ip", "", "for --fake-nodes: one address for every pod")
	keep := flags.Bool("keep", false, "leave the folder's contents after the stop")
	wait := flags.Duration("timeout", 60*time.Second, "how long to wait for the cluster to be ready")
	flags.Var(&p.apiArgs, "apiserver-arg", "one more argument for kube-apiserver (repeatable)")
	flags.Var(&p.kcmArgs, "controller-arg", "one more argument for kube-controller-manager (repeatable)")
	flags.Parse(args)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	failed, announce := p.start(*wait, signals), true
	for failed == nil {
		if announce {
			fmt.Println("ready", filepath.Join(p.dir, "kubeconfig"))
		}
		announce = false
		select {
		case dead := <-p.died:
			failed = dead.failure()
			continue
		case sig := <-signals:
			if sig == syscall.SIGHUP { // crash the API server and bring it back on the same port
				failed, announce = p.restart("kube-apiserver", *wait, signals), true
				continue
			}
		}
		break
	}
	p.stop()
	if errors.Is(failed, errStopped) {
		failed = nil
	}
	if failed != nil {
		fmt.Fprintf(os.Stderr, "cluster: %v\n%s", failed, p.lastWords())
	}
	if p.lock != nil && !*keep {
		p.clear("etcd", "pki", "kubeconfig", "lock")
		if failed == nil || len(p.parts) == 0 {
			p.clear("log")
		}
		os.Remove(p.dir) // goes only if it is empty now
	}
	if failed != nil {
		return 1
	}
	return 0
}

var errStopped = errors.New("stopped by a signal")

func (p *plane) start(wait time.Duration, signals chan os.Signal) (err error) {
	if p.dir == "" {
		return errors.New("--dir is required")
	}
	if p.dir, err = filepath.Abs(p.dir); err != nil {
		return err
	}
	if p.bin, err = os.Executable(); err != nil {
		return err
	}
	if err := p.claim(); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(p.dir, name) }
	var ports [3]int
	for i, want := range []int{p.port, 0, 0} {
		if ports[i], err = reserve(want); err != nil {
			return err
		}
	}
	p.url = fmt.Sprintf("https://127.0.0.1:%d", ports[0])
	store, peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[2])
	if p.token, err = writePKI(at("pki"), net.IPv4(127, 0, 0, 1), net.IPv4(10, 99, 0, 1)); err != nil {
		return err
	}
	if err := writeKubeconfig(at("kubeconfig"), p.url, at("pki/ca.crt"), p.token); err != nil {
		return err
	}
	ca, _ := os.ReadFile(at("pki/ca.crt"))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	p.client = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}

	p.run("etcd", "--name=e", "--data-dir="+at("etcd"), "--unsafe-no-fsync", "--socket-reuse-port", "--log-level=warn",
		"--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=e="+peer)
	p.run("kube-apiserver", append(list{"--etcd-servers=" + store, "--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", // no Endpoints object may hold a loopback address
		fmt.Sprintf("--secure-port=%d", ports[0]), "--permit-port-sharing",
		"--tls-cert-file=" + at("pki/server.crt"), "--tls-private-key-file=" + at("pki/server.key"),
		"--client-ca-file=" + at("pki/ca.crt"), "--token-auth-file=" + at("pki/tokens.csv"), "--authorization-mode=Node,RBAC",
		"--kubelet-client-certificate=" + at("pki/admin.crt"), "--kubelet-client-key=" + at("pki/admin.key"),
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=" + at("pki/sa.key"),
		"--service-account-signing-key-file=" + at("pki/sa.key"),
		"--service-cluster-ip-range=10.99.0.0/16", "--service-node-port-range=30000-32767"}, p.apiArgs...)...)
	if err := p.await("/readyz", wait, signals); err != nil {
		return err
	}
	p.run("kube-controller-manager", append(list{"--kubeconfig=" + at("kubeconfig"), "--leader-elect=false",
		"--controllers=" + controllerList, "--secure-port=0", "--root-ca-file=" + at("pki/ca.crt"),
		"--service-account-private-key-file=" + at("pki/sa.key")}, p.kcmArgs...)...)
	if p.fakeNodes > 0 {
		p.run("nodes", "--kubeconfig="+at("kubeconfig"), fmt.Sprintf("--count=%d", p.fakeNodes), "--pod-ip="+p.podIP)
		if err := p.await(fmt.Sprintf("/api/v1/nodes/fake-%d", p.fakeNodes), wait, signals); err != nil {
			return err
		}
	}
	return p.await("/api/v1/namespaces/default/serviceaccounts/default", wait, signals) // made by the controllers
}

// claim locks the folder against a second cluster and clears what an earlier one, killed, left in it.
func (p *plane) claim() (err error) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(p.dir, "lock")
	if p.lock, err = os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := unix.Flock(int(p.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		p.lock = nil
		return fmt.Errorf("%s is in use by another cluster", p.dir)
	}
	p.clear("etcd", "pki", "kubeconfig", "log")
	for _, name := range []string{"etcd", "pki", "log"} {
		if err := os.Mkdir(filepath.Join(p.dir, name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (p *plane) clear(names ...string) {
	for _, name := range names {
		os.RemoveAll(filepath.Join(p.dir, name))
	}
}

// reserve binds a port without listening on it, so that no other program gets it while a part restarts.
func reserve(port int) (int, error) {
	if port != 0 { // SO_REUSEPORT alone would let two clusters share it
		probe, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return 0, err
		}
		probe.Close()
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		return 0, fmt.Errorf("port %d: %w", port, err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return name.(*unix.SockaddrInet4).Port, nil
}

func (p *plane) run(name string, args ...string) { p.parts = append(p.parts, p.spawn(name, args)) }

func (p *plane) spawn(name string, args []string) *part {
	c := &part{name: name, args: args, cmd: exec.Command(p.bin, append([]string{name}, args...)...), done: make(chan struct{})}
	log, err := os.OpenFile(filepath.Join(p.dir, "log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		c.cmd.Stdout, c.cmd.Stderr = log, log
	}
	// Own process group: a Ctrl-C reaches only us. Pdeathsig: nothing outlives us, however we end.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread() // Pdeathsig follows the thread that made the child
		err := c.cmd.Start()
		close(started)
		if err == nil {
			c.cmd.Wait()
		}
		log.Close()
		close(c.done)
		p.died <- c
	}()
	<-started
	return c
}

// await polls a path until it answers 200.
func (p *plane) await(path string, wait time.Duration, signals chan os.Signal) error {
	for end := time.Now().Add(wait); time.Now().Before(end); {
		request, _ := http.NewRequest("GET", p.url+path, nil)
		request.Header.Set("Authorization", "Bearer "+p.token)
		if answer, err := p.client.Do(request); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case dead := <-p.died:
			if failed := dead.failure(); failed != nil {
				return failed
			}
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				return errStopped
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s not ready after %s", path, wait)
}

// restart kills a part as a crash would and starts it again with the same arguments.
func (p *plane) restart(name string, wait time.Duration, signals chan os.Signal) error {
	for i, c := range p.parts {
		if c.name == name {
			c.expected = true
			c.cmd.Process.Kill()
			<-c.done
			p.parts[i] = p.spawn(name, c.args)
		}
	}
	return p.await("/readyz", wait, signals)
}

// stop ends the parts in reverse order; one that does not go in five seconds is killed.
func (p *plane) stop() {
	for i := len(p.parts) - 1; i >= 0; i-- {
		c := p.parts[i]
		if c.cmd.Process == nil {
			continue
		}
		c.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-c.done:
		case <-time.After(5 * time.Second):
			c.cmd.Process.Kill()
			<-c.done
		}
	}
}

// lastWords returns the end of each part's log.
func (p *plane) lastWords() string {
	var out strings.Builder
	for _, c := range p.parts {
		text, _ := os.ReadFile(filepath.Join(p.dir, "log", c.name+".log"))
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		fmt.Fprintf(&out, "--- %s\n%s\n", c.name, strings.Join(lines[max(0, len(lines)-8):], "\n"))
	}
	return out.String()
}
