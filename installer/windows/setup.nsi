; The setup program of Brainstem App for one user, without an administrator. Made by installer/build.py, which
; gives VERSION, EDITION, SUMMARY, TREE (folder to install), LISTS (folder of files.nsh and side.bmp), OUT, SIZE_KB
; and COMPRESSION.
;
;   brainstem-app-…-setup.exe              asks for the folder, then installs
;   brainstem-app-…-setup.exe /S           installs without a window
;   brainstem-app-…-setup.exe /S /D=PATH   … into this folder; last, and without quotes also where it has spaces
;
; Exit status: 0 done, 1 cancelled, 2 this file is damaged, 12 the folder holds other files, 13 Brainstem App runs,
; 14 a file cannot be written. The first three are NSIS' own.

Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS all
RequestExecutionLevel user
!if "${COMPRESSION}" == "lzma"
  SetCompressor /SOLID /FINAL lzma
  SetCompressorDictSize 64
!else
  SetCompress off
!endif

!define NAME "Brainstem App"
!define PUBLISHER "The Brainstem App developers"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\BrainstemApp"
!define CLASSES "Software\Classes"
!define SCAN_CLASS "BrainstemApp.Scan"
!define START "$INSTDIR\python\pythonw.exe"

Name "${NAME}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
; An installed version is replaced where it is.
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
BrandingText "${NAME} ${VERSION}, ${EDITION} edition"
AllowSkipFiles off
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${NAME} ${VERSION} setup, ${EDITION} edition"
VIAddVersionKey "CompanyName" "${PUBLISHER}"
VIAddVersionKey "LegalCopyright" "GPL-3.0-or-later"

!include "MUI2.nsh"
!include "LogicLib.nsh"

!define MUI_ICON "${TREE}\brainstem-app.ico"
!define MUI_UNICON "${TREE}\brainstem-app.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${LISTS}/side.bmp"
!define MUI_ABORTWARNING
!define MUI_DIRECTORYPAGE_TEXT_TOP "The ${EDITION} edition: ${SUMMARY}. It is installed for you alone; an administrator is not needed. Studies, models and settings of an earlier version stay."
!define MUI_FINISHPAGE_RUN "${START}"
!define MUI_FINISHPAGE_RUN_PARAMETERS "-m brainstem_app"
!define MUI_FINISHPAGE_RUN_TEXT "Start ${NAME}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!define MUI_UNCONFIRMPAGE_TEXT_TOP "The program is removed. Your studies stay where they are; your models, results and settings stay in $LOCALAPPDATA\${NAME}."
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Shows a message, unless setup is silent, and ends with a status.
!macro Stop STATUS MESSAGE
  MessageBox MB_OK|MB_ICONSTOP "${MESSAGE}" /SD IDOK
  SetErrorLevel ${STATUS}
  Quit
!macroend

; Windows renames no folder with a program in it that runs: so nothing is touched while one does.
!macro SetAside FOLDER
  ${If} ${FileExists} "$INSTDIR\${FOLDER}\*"
    RMDir /r "$INSTDIR\${FOLDER}.old"
    ClearErrors
    Rename "$INSTDIR\${FOLDER}" "$INSTDIR\${FOLDER}.old"
    ${If} ${Errors}
      Call ${UN}PutBack
      !insertmacro Stop 13 "${NAME} is running, or a job of it is.$\r$\n$\r$\nClose it in $INSTDIR and start again."
    ${EndIf}
  ${EndIf}
!macroend

!macro PutBackOne FOLDER
  ${If} ${FileExists} "$INSTDIR\${FOLDER}.old\*"
    RMDir /r "$INSTDIR\${FOLDER}"
    Rename "$INSTDIR\${FOLDER}.old" "$INSTDIR\${FOLDER}"
  ${EndIf}
!macroend

!macro PutBack UN
Function ${UN}PutBack
  !insertmacro PutBackOne python
  !insertmacro PutBackOne site
  !insertmacro PutBackOne app
FunctionEnd
!macroend
!insertmacro PutBack ""
!insertmacro PutBack "un."

Function .onInstFailed
  Call PutBack
  SetErrorLevel 14
FunctionEnd

; Only an empty folder, a new one, or one that holds this program.
Function RequireOwnFolder
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    Return
  ${EndIf}
  FindFirst $0 $1 "$INSTDIR\*"
  ${DoWhile} $1 != ""
    ${If} $1 != "."
    ${AndIf} $1 != ".."
      FindClose $0
      !insertmacro Stop 12 "The folder $INSTDIR holds other files.$\r$\n$\r$\nChoose an empty or a new folder."
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
FunctionEnd

; An installed version elsewhere goes: there is one entry in the list of programs.
Function RemoveElsewhere
  ReadRegStr $2 HKCU "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $2 != ""
  ${AndIf} $2 != $INSTDIR
  ${AndIf} ${FileExists} "$2\uninstall.exe"
    ExecWait '"$2\uninstall.exe" /S _?=$2' $3
    ${If} $3 <> 0
      !insertmacro Stop 13 "The version in $2 cannot be removed.$\r$\n$\r$\nClose ${NAME} and start again."
    ${EndIf}
    Delete "$2\uninstall.exe"
    RMDir "$2"
  ${EndIf}
FunctionEnd

!macro OpenWith EXTENSION
  WriteRegStr HKCU "${CLASSES}\${EXTENSION}\OpenWithProgids" "${SCAN_CLASS}" ""
!macroend

; The double click is taken only where no other program has it.
!macro OpenByDefault EXTENSION
  ReadRegStr $0 HKCR "${EXTENSION}" ""
  ${If} $0 == ""
    WriteRegStr HKCU "${CLASSES}\${EXTENSION}" "" "${SCAN_CLASS}"
  ${EndIf}
!macroend

!macro ForgetExtension EXTENSION
  DeleteRegValue HKCU "${CLASSES}\${EXTENSION}\OpenWithProgids" "${SCAN_CLASS}"
  DeleteRegKey /ifempty HKCU "${CLASSES}\${EXTENSION}\OpenWithProgids"
  ReadRegStr $0 HKCU "${CLASSES}\${EXTENSION}" ""
  ${If} $0 == "${SCAN_CLASS}"
    DeleteRegValue HKCU "${CLASSES}\${EXTENSION}" ""
  ${EndIf}
  DeleteRegKey /ifempty HKCU "${CLASSES}\${EXTENSION}"
!macroend

; Tell the desktop that associations have changed: SHCNE_ASSOCCHANGED.
!macro AssociationsChanged
  System::Call "shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)"
!macroend

Section "install"
  Call RequireOwnFolder
  Call RemoveElsewhere
  !define UN ""
  !insertmacro SetAside python
  !insertmacro SetAside site
  !insertmacro SetAside app
  !undef UN
  RMDir /r "$INSTDIR\doc"

  !include "${LISTS}/files.nsh"

  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "${START}" "-m brainstem_app" "$INSTDIR\brainstem-app.ico" 0 "" "" \
    "Segment the nuclei of the brainstem on MRI scans"

  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${NAME} (${EDITION} edition)"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Edition" "${EDITION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\brainstem-app.ico"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1

  WriteRegStr HKCU "${CLASSES}\${SCAN_CLASS}" "" "MRI scan"
  WriteRegStr HKCU "${CLASSES}\${SCAN_CLASS}\DefaultIcon" "" "$INSTDIR\brainstem-app.ico"
  WriteRegStr HKCU "${CLASSES}\${SCAN_CLASS}\Application" "ApplicationName" "${NAME}"
  WriteRegStr HKCU "${CLASSES}\${SCAN_CLASS}\Application" "ApplicationIcon" "$INSTDIR\brainstem-app.ico"
  WriteRegStr HKCU "${CLASSES}\${SCAN_CLASS}\shell\open" "FriendlyAppName" "${NAME}"
  WriteRegStr HKCU "${CLASSES}\${SCAN_CLASS}\shell\open\command" "" '"${START}" -m brainstem_app "%1"'
  ; Windows knows the last ending only: .nii.gz is .gz, which stays with the program that unpacks archives.
  !insertmacro OpenWith ".nii"
  !insertmacro OpenWith ".mgz"
  !insertmacro OpenWith ".gz"
  !insertmacro OpenByDefault ".nii"
  !insertmacro OpenByDefault ".mgz"
  !insertmacro AssociationsChanged

  RMDir /r "$INSTDIR\python.old"
  RMDir /r "$INSTDIR\site.old"
  RMDir /r "$INSTDIR\app.old"
SectionEnd

Section "Uninstall"
  !define UN "un."
  !insertmacro SetAside python
  !insertmacro SetAside site
  !insertmacro SetAside app
  !undef UN
  RMDir /r "$INSTDIR\python.old"
  RMDir /r "$INSTDIR\site.old"
  RMDir /r "$INSTDIR\app.old"
  Delete "$INSTDIR\brainstem-app.exe"
  Delete "$INSTDIR\brainstem-app.ico"
  Delete "$INSTDIR\LICENSE.txt"
  RMDir /r "$INSTDIR\doc"
  Delete "$INSTDIR\uninstall.exe"
  ; Whatever else lies there is the user's, and stays.
  RMDir "$INSTDIR"

  Delete "$SMPROGRAMS\${NAME}.lnk"
  DeleteRegKey HKCU "${CLASSES}\${SCAN_CLASS}"
  !insertmacro ForgetExtension ".nii"
  !insertmacro ForgetExtension ".mgz"
  !insertmacro ForgetExtension ".gz"
  !insertmacro AssociationsChanged
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd
