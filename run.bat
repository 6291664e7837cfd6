@echo off
rem Starts Brainstem App from source on Windows: run.bat [arguments of brainstem-app]. Without arguments: the window.
rem The first start makes the private environment .venv\ beside this file; later starts are instant.
setlocal EnableExtensions DisableDelayedExpansion
set "ROOT=%~dp0"
set "VENV=%~dp0.venv"
set "PYTHON=%~dp0.venv\Scripts\python.exe"
set "READY=%~dp0.venv\ready-train"

rem Up to date when the stamp holds the same three files that the environment was made from.
if not exist "%PYTHON%" goto make
if not exist "%READY%-pyproject.toml" goto install
if not exist "%READY%-constraints.txt" goto install
fc /b "%ROOT%pyproject.toml" "%READY%-pyproject.toml" >nul 2>&1 || goto install
fc /b "%ROOT%installer\constraints.txt" "%READY%-constraints.txt" >nul 2>&1 || goto install
if not exist "%READY%-lock.txt" goto install
fc /b "%ROOT%installer\locks\source-windows.txt" "%READY%-lock.txt" >nul 2>&1 || goto install
goto start

:make
set "FOUND="
for %%V in (3.11 3.12 3.13) do if not defined FOUND py -%%V -c "import venv, ensurepip" >nul 2>&1 && set "FOUND=py -%%V"
if not defined FOUND python -c "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >nul 2>&1 && set "FOUND=python"
if not defined FOUND goto nopython
echo Making the private environment .venv with %FOUND%. This happens once.
if exist "%VENV%" rmdir /s /q "%VENV%"
%FOUND% -m venv "%VENV%" || goto novenv

:install
"%PYTHON%" -m pip --version >nul 2>&1 || goto broken
echo Installing the program's packages ^(3 GB on disk with TensorFlow^). The first time this takes minutes.
pushd "%ROOT%" || goto nopackages
rem Each file is compared with the hash of what was tested; the program itself is built without a download.
set "HASHED=--require-hashes --no-deps --only-binary :all: -r installer\locks\source-windows.txt"
set "OWN=--no-deps --no-build-isolation -e ."
rem The hashes are those of packages for x64.
"%PYTHON%" -c "import sys, sysconfig; sys.exit(sysconfig.get_platform() != 'win-amd64')"
if not errorlevel 1 goto packages
set "HASHED=-c installer\constraints.txt hatchling"
set "OWN=-c installer\constraints.txt -e .[train]"

:packages
"%PYTHON%" -m pip install --no-input --disable-pip-version-check %HASHED%
if errorlevel 1 goto nopackages
"%PYTHON%" -m pip install --no-input --disable-pip-version-check %OWN%
if errorlevel 1 goto nopackages
popd
copy /y "%ROOT%pyproject.toml" "%READY%-pyproject.toml" >nul
copy /y "%ROOT%installer\constraints.txt" "%READY%-constraints.txt" >nul
copy /y "%ROOT%installer\locks\source-windows.txt" "%READY%-lock.txt" >nul

:start
"%PYTHON%" -m brainstem_app %*
exit /b %errorlevel%

:nopython
echo.
echo Brainstem App needs Python 3.11, 3.12 or 3.13, and found none.
echo   Install it from python.org ^(64-bit^) or the Microsoft Store, then start run.bat again.
goto failed

:novenv
echo.
echo The private environment could not be made in "%VENV%".
echo   Check that this folder can be written to and the disk is not full, then start run.bat again.
goto failed

:broken
rem Half made, or its Python has been removed: begin again, once.
if defined FOUND goto novenv
goto make

:nopackages
echo.
echo The packages could not be installed into "%VENV%".
echo   The lines above say why; mostly it is the network or a full disk.
echo   Start run.bat again: it goes on where it stopped.
goto failed

:failed
rem Opened with a double click, the window would vanish with the message.
if "%~1"=="" pause
exit /b 1
