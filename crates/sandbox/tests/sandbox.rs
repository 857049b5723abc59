use std::path::PathBuf;
use tinderbox_sandbox::*;
fn main() {
    entrypoint();
    let rt = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    rt.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let sandboxes = match Sandboxes::start(Options::new(dir.path(), "smoke")).await { Ok(s) => s, Err(e) => panic!("{e}") };
        println!("{}", sandboxes.protections().summary());
        let mut spec = SandboxSpec::default();
        spec.mounts = host_mounts_for(std::path::Path::new("/root/.pyenv/versions/3.11.7/bin/python3")).unwrap();
        println!("{:#?}", spec.mounts); println!("{:#?}", host_mounts_for(std::path::Path::new("/usr/bin/node")).unwrap());
        spec.listeners = vec![Listener::Tcp("127.0.0.2:4566".parse().unwrap()), Listener::Udp("127.0.0.2:53".parse().unwrap())];
        for _ in 0..3 {
        let t = std::time::Instant::now();
        let mut sandbox = sandboxes.create(spec.clone()).await.unwrap();
        println!("create {:?} {}", t.elapsed(), sandbox.listeners().len());
        let (r, w) = std::io::pipe().unwrap();
        let t = std::time::Instant::now();
        let pid = sandbox.start(Command {
            argv: vec!["/root/.pyenv/versions/3.11.7/bin/python3".into(), "-I".into(), "-S".into(), "-c".into(), "import os;print(1);print(open('/proc/self/status').read());print(open('/proc/mounts').read());print(os.listdir('/'),os.listdir('/proc/self/fd'),open('/proc/self/cgroup').read())".into()],
            env: vec![("A".into(), "b".into())], cwd: PathBuf::from("/var/task"),
            fds: vec![(w.try_clone().unwrap().into(), 1), (w.into(), 2)],
        }).await.unwrap();
        println!("start {:?} {pid:?}", t.elapsed());
        let exit = sandbox.exited().await;
        println!("exit {:?} {exit:?} peak {} cpu {:?}", t.elapsed(), sandbox.memory_peak(), sandbox.cpu_time());
        let mut s = String::new();
        use std::io::Read;
        { let mut r = r; r.read_to_string(&mut s).unwrap(); }
        println!("{s}");
        let t = std::time::Instant::now();
        sandbox.destroy().await;
        println!("destroy {:?}", t.elapsed());
        }
        sandboxes.shutdown().await;
    });
}
